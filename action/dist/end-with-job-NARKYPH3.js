const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-WI6LVRYI.js";import"./chunk-UJCC62P6.js";import"./chunk-R2PWJVCH.js";import"./chunk-IX2ONNK3.js";import"./chunk-OPAOHUH3.js";import"./chunk-2R4UPMN5.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
