import { runPost } from './run-post.ts';
import { core } from './toolkit.ts';

await runPost(process.env, core);
