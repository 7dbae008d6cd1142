const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-HQMBRA7F.js";import"./chunk-Y5MLORMM.js";import"./chunk-XO7CTL7U.js";import"./chunk-VSJD62M2.js";import"./chunk-AVGEHSYQ.js";import"./chunk-EWFPQOZR.js";import"./chunk-DFMZW3UY.js";import"./chunk-PHJCXHFF.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
