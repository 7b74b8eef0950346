import { test } from 'vitest';
import { Random } from './random.ts';
import { World } from './world.ts';
import { Gate } from './faulty.ts';
test('dbg', async () => {
  for (const mode of ['plain','evict','late']) {
  let bad=0; let first: string[]|null=null; let fs=0;
  for (let seed=1; seed<=30; seed++) {
    const random = new Random(seed);
    const w = new World(random, {});
    (w as any).mode = mode;
    await w.open();
    const owners = w.owners;
    for (const o of owners) o.gate.heal();
    const drive = async (p: Promise<unknown>) => { let done=false; let err: unknown; p.then(()=>{done=true},(e)=>{done=true;err=e}); while(!done){ await new Promise(r=>setImmediate(r)); for(const o of owners) while(o.gate.pending.length) await o.gate.release(); } if(err) throw err; };
    for (const o of owners) await drive(o.runner.restore());
    for (let i=0;i<40;i++){ await w.appendEvent(); if (i%3===0) await w.tick(20000);
      if (mode!=='plain') for (const o of owners){ await drive(o.runner.step()); await drive(o.runner.publish()); if(random.chance(0.3)) await drive(o.runner.storeChanges(Infinity)); } }
    await w.tick(61000); await w.tick(12*3600000);
    for (let r=0;r<8;r++) { for (const o of owners){ await drive(o.runner.step()); await drive(o.runner.publish()); await drive(o.runner.storeChanges(Infinity)); } if(r===4) await w.tick(3600000); }
    const e=w.expected(), a=w.actual(); const d:string[]=[];
    for (const k of new Set([...e.keys(),...a.keys()])) if (e.get(k)!==a.get(k)) d.push(`${k}: ${e.get(k)} got ${a.get(k)}`);
    if (d.length){bad++; if(!first || d.length<first.length){first=d;fs=seed;}}
  }
  console.log(mode, bad, fs, first);
  }
});
