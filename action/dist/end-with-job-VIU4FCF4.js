const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-CYKFQFCR.js";import"./chunk-BT7BNRQD.js";import"./chunk-RE4OEKYJ.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-AI746EXX.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
