const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-355XF4F2.js";import"./chunk-T7A52X3L.js";import"./chunk-2BT4ZHR2.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-IFTTGSFK.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
