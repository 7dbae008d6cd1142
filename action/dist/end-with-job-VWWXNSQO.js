const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-LPJK6YG5.js";import"./chunk-ZIYIMADY.js";import"./chunk-ADSX35TV.js";import"./chunk-ANTMZJMJ.js";import"./chunk-NGL3KVC6.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
