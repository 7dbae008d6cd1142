const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-VDR7GXW4.js";import"./chunk-TDH3PQRJ.js";import"./chunk-KP7AF44E.js";import"./chunk-TG225RLA.js";import"./chunk-JZZO3V5Q.js";import"./chunk-NYCTDFQW.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
