const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-7FVOCRYN.js";import"./chunk-MYY43VW6.js";import"./chunk-N2YNL5J5.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-DFTKBQYX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
