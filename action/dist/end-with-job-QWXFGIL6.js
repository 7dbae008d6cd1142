const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-UPNEXP3V.js";import"./chunk-BCIRGR3T.js";import"./chunk-4IOB4E65.js";import"./chunk-TG225RLA.js";import"./chunk-ZWDX2FFE.js";import"./chunk-7SI26PPR.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
