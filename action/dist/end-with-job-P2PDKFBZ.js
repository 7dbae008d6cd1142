const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-AQPI66CL.js";import"./chunk-2L6WPFFS.js";import"./chunk-W3FIONOD.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-XGOYC2B5.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
