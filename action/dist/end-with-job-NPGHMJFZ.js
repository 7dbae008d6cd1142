const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-4KHNK5DW.js";import"./chunk-JFVI56LY.js";import"./chunk-Y6FSTAJP.js";import"./chunk-RWSKVGXO.js";import"./chunk-EWFPQOZR.js";import"./chunk-DFMZW3UY.js";import"./chunk-V7F2KWRM.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
