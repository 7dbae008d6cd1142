const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);
function a(t){let n=0,i=[];return async r=>{n<t?n+=1:await new Promise(e=>i.push(e));try{return await r()}finally{let e=i.shift();e===void 0?n-=1:e()}}}export{a};
