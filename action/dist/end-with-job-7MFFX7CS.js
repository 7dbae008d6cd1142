const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-WDBNAPTW.js";import"./chunk-RRC24RW5.js";import"./chunk-GAB4UVZ7.js";import"./chunk-QM2YPSWA.js";import"./chunk-ZWDX2FFE.js";import"./chunk-7SI26PPR.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
