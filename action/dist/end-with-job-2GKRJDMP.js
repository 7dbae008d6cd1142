const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
import{e as a,f as b}from"./chunk-Q7K6CXXB.js";import"./chunk-KZGIWWPS.js";import"./chunk-XO7CTL7U.js";import"./chunk-LD5JK6PM.js";import"./chunk-AVGEHSYQ.js";import"./chunk-KBLQK4QU.js";import"./chunk-LVJPWTHD.js";import"./chunk-PHJCXHFF.js";import"./chunk-CYDPVBNV.js";export{b as endAtWorker,a as keepForPost};
