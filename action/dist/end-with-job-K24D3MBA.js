const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-RHN4CXIU.js";import"./chunk-UO52PHSH.js";import"./chunk-XO7CTL7U.js";import"./chunk-RY22AEZF.js";import"./chunk-PZQIW6P5.js";import"./chunk-EWFPQOZR.js";import"./chunk-DFMZW3UY.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
