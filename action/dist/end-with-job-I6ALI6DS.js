const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-46RFZVBW.js";import"./chunk-YNRSXZLV.js";import"./chunk-UCSB4UPZ.js";import"./chunk-N77MNEDW.js";import"./chunk-ANTMZJMJ.js";import"./chunk-NGL3KVC6.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
