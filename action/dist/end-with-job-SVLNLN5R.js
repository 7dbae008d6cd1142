const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-UPEV5WIY.js";import"./chunk-3PWTEGY4.js";import"./chunk-IWDLMXSO.js";import"./chunk-ANTMZJMJ.js";import"./chunk-NGL3KVC6.js";import"./chunk-U5472BX4.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
