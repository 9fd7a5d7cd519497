// How the pages are built: a standalone server without any inline script, so that nginx can send
// one static Content-Security-Policy. Backend addresses are not here: they are read at run time.
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function commit() {
    try {
        const git = (...words) =>
            execFileSync('git', words, { cwd: here, encoding: 'utf8' }).trim();
        return git('status', '--porcelain', '--', '.') === '' ? git('rev-parse', 'HEAD') : null;
    } catch {
        return null; // not a checkout, or no git: Next makes an id of its own
    }
}

/** @type {import('next').NextConfig} */
const config = {
    output: 'standalone',
    outputFileTracingRoot: here,
    outputFileTracingExcludes: { '*': ['node_modules/sharp/**', 'node_modules/@img/**'] },
    generateBuildId: async () => commit(),
    poweredByHeader: false,
    compress: false,
    reactStrictMode: true,
    images: { unoptimized: true },
    i18n: { locales: ['en', 'fr'], defaultLocale: 'en' },
    turbopack: { root: here },
    // Turbopack's shared runtime would be an inline script.
    experimental: { turbopackSharedRuntime: false },
};

export default config;
