const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-2LBRLX45.js";import"./chunk-RLTZVHZ3.js";import"./chunk-DZZOK4YL.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-PKYGMVRZ.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
