// Starts an installed browser for the checks of the report.

import { createRequire } from 'node:module';
import path from 'node:path';

/** Starts Chromium or Firefox, headless. `packages` is the folder whose node_modules has puppeteer-core. */
export async function launch(executablePath, packages) {
    const { default: puppeteer } = await import(createRequire(path.resolve(packages, 'package.json')).resolve('puppeteer-core'));
    const options = path.basename(executablePath).startsWith('firefox')
        ? { browser: 'firefox' }
        : { browser: 'chrome', args: ['--no-sandbox'] };
    return puppeteer.launch({ executablePath, ...options });
}
