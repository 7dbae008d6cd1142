const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-LYG7GME5.js";import"./chunk-EPENPPJL.js";import"./chunk-M54G3RJD.js";import"./chunk-RWSKVGXO.js";import"./chunk-ZWDX2FFE.js";import"./chunk-7SI26PPR.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
