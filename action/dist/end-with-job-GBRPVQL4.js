const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-PY4QJAP6.js";import"./chunk-6U4SBKIT.js";import"./chunk-SF6Z36SJ.js";import"./chunk-JVFFYO7M.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-U5472BX4.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
