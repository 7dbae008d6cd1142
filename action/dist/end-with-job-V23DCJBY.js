const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-UFDZR7OT.js";import"./chunk-LRCJBMDM.js";import"./chunk-P3X5754O.js";import"./chunk-RWSKVGXO.js";import"./chunk-JZZO3V5Q.js";import"./chunk-NYCTDFQW.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
