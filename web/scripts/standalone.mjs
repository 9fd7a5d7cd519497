// After `next build`: puts the static files beside the standalone server, so that
// .next/standalone is a whole deployment even when nothing stands in front of it.
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const standalone = join(web, '.next', 'standalone');
cpSync(join(web, '.next', 'static'), join(standalone, '.next', 'static'), { recursive: true });
cpSync(join(web, 'public'), join(standalone, 'public'), { recursive: true });
