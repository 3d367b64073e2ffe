// Uses the panels of the reports of configs/article.toml, configs/cycles.toml and a grid in a browser, and checks what the page then shows.
//
//   node scripts/check-page.mjs BROWSER FOLDER_OF_PACKAGES ARTICLE_REPORT CYCLES_REPORT GRID_REPORT

import { launch } from './browser.mjs';

const [browserPath, packages, articleReport, cyclesReport, gridReport] = process.argv.slice(2);
const browser = await launch(browserPath, packages);
const VIEWPORT = { width: 1200, height: 900 };
let failures = 0;

function check(name, isRight, detail = '') {
    console.log(`${isRight ? 'ok    ' : 'FAILED'} ${name}${isRight || !detail ? '' : `: ${detail}`}`);
    failures += isRight ? 0 : 1;
}

/** The page of a report after its start, with short names for what the checks do. */
async function open(file) {
    const page = await browser.newPage();
    const messages = [];
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(error.message));
    await page.setViewport(VIEWPORT);
    await page.goto(`file://${file}`);
    await page.waitForSelector('body[data-ready=engine]');
    // The page has time for what was done, more where it is still busy.
    const settle = async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    };
    await settle();
    return {
        page,
        messages,
        settle,
        async text(selector) {
            await settle();
            return (await page.$eval(selector, (element) => element.innerText)).replace(/\s+/g, ' ').trim();
        },
        async box(selector) {
            const element = await page.waitForSelector(selector);
            // The page may still scroll or change its length.
            for (let attempt = 0; ; attempt += 1) {
                await element.evaluate((own) => own.scrollIntoView({ behavior: 'instant', block: 'center' }));
                await settle();
                const place = await element.boundingBox();
                if ((place.y >= 0 && place.y + place.height <= VIEWPORT.height) || attempt === 10) return place;
            }
        },
    };
}

/** The place of the start of the path: the pointer changes its form there. */
async function findStart(page, settle, { x, y, width, height }) {
    const hasHandle = async () => (await page.$('.contour.can-drag')) !== null;
    let before = null;
    for (let top = 0.98; top > 0.6; top -= 0.03) {
        for (let left = 0.98; left > 0.5; left -= 0.03) {
            const place = [x + width * left, y + height * top];
            await page.mouse.move(...place);
            await page.evaluate(() => new Promise(requestAnimationFrame));
            if (await hasHandle()) {
                // A slow page may still show the handle of the place before.
                for (const candidate of [place, before]) {
                    await page.mouse.move(...candidate);
                    await settle();
                    if (await hasHandle()) return candidate;
                }
            }
            before = place;
        }
    }
    return null;
}

async function checkArticle() {
    const { page, messages, settle, text, box } = await open(articleReport);
    const end = await text('.readout');
    check('the readout shows the published end', end === 'update 160 of 160 w = 0.08626 b = -0.02131 J = 20.20', end);
    check('the verdict is shown', (await text('.verdict')).startsWith('slow'));

    const losses = await box('.losses');
    await page.mouse.move(losses.x + losses.width / 2, losses.y + losses.height / 3);
    const hovered = await text('.readout');
    check('hovering the losses shows another update', /^update \d+ of 160/.test(hovered) && hovered !== end, hovered);
    await page.mouse.move(5, 5);
    check('without the pointer, the last update is shown', (await text('.readout')) === end);

    await page.focus('.stage');
    await page.keyboard.press('Home');
    check('Home shows the start', (await text('.readout')).startsWith('update 0 '));
    await page.keyboard.press('ArrowRight');
    check('an arrow key shows the next update', (await text('.readout')).startsWith('update 1 '));
    await page.keyboard.press(' ');
    check('the space key plays', (await text('.play')) === 'Pause');
    await page.keyboard.press(' ');
    const paused = await text('.readout');
    check('the space key pauses', (await text('.play')) === 'Play' && paused === (await text('.readout')), paused);
    await page.keyboard.press('End');

    const before = await text('.run-heading');
    const slider = await box('.setting input[type=range]');
    await page.mouse.move(slider.x + slider.width / 2, slider.y + slider.height / 2);
    await page.mouse.down();
    await page.mouse.move(slider.x + slider.width * 0.7, slider.y + slider.height / 2, { steps: 10 });
    const moved = await text('.run-heading');
    check('a slider trains the run again', moved !== before, moved);
    await page.mouse.up();
    check('the command contains the new learning rate', (await text('.command code')).includes('training.learning_rate='));
    await page.click('.controls > button');
    check('Reset returns to the run of the sweep', (await text('.run-heading')) === before);

    await page.select('.setting select', 'adam');
    const adam = [await text('.controls'), await text('.command code'), await text('.run-heading')];
    check('another optimizer has its own settings', adam[0].includes('beta 1') && !adam[0].includes('rho'), adam[0]);
    check('the command names the optimizer', adam[1].includes('training.optimizer=') && adam[2].includes('adam'), adam.slice(1).join('; '));
    await page.click('.controls > button');

    const contour = await box('.contour');
    const start = await findStart(page, settle, contour);
    check('the start of the path can be taken', start !== null);
    if (start) {
        await page.mouse.down();
        await page.mouse.move(start[0] - 80, start[1] - 60, { steps: 8 });
        await page.mouse.up();
        const command = await text('.command code');
        check('dragging the start changes it', command.includes('initial_weight=') && command.includes('initial_bias='), command);
        await page.click('.controls > button');
    }
    const answer = await text('header');
    check('the page begins with the answer', /^article The run stops before the optimum: it ends at J = 20\.20, /.test(answer), answer);
    check('the top gives reason and remedy', /mean 145 .*data\.scale standard/.test(answer) && answer.includes('J = 20.20'), answer);
    await page.click('header .apply button');
    const advised = await text('.run-heading');
    check('the advice makes the run converge', advised.includes('converged'), advised);
    check('the page has no messages', messages.length === 0, messages.join('; '));
    await page.close();
}

async function checkCycles() {
    const { page, messages, text, box } = await open(cyclesReport);
    await page.$eval('.run-heading input', (input) => {
        input.value = '3';
        input.dispatchEvent(new Event('change'));
    });
    const heading = await text('.run-heading');
    check('run 3 cycles with period 2', heading.includes('cycling with period 2'), heading);
    const orbit = await box('canvas.orbit');
    const label = () => page.$eval('canvas.orbit', (canvas) => canvas.getAttribute('aria-label'));
    const whole = await label();
    check('the orbit diagram is drawn', whole?.startsWith('Orbit diagram') === true, String(whole));
    await page.mouse.move(orbit.x + orbit.width * 0.5, orbit.y + 100);
    await page.mouse.down();
    await page.mouse.move(orbit.x + orbit.width * 0.8, orbit.y + 100, { steps: 5 });
    await page.mouse.up();
    await text('#orbit');
    check('a drag zooms the orbit diagram', (await label()) !== whole);
    await page.mouse.click(orbit.x + orbit.width * 0.3, orbit.y + 100);
    check('a click uses a learning rate', (await text('.run-heading')) !== heading);
    check('the page has no messages', messages.length === 0, messages.join('; '));
    await page.close();
}

/** The report of two optimizers, 13 learning rates and 7 momenta. */
async function checkGrid() {
    const { page, messages, settle, text, box } = await open(gridReport);
    const status = () => text('#runs .toolbar [role=status]');
    const firstRow = () => text('.run-table tbody tr[role=row]');
    const filter = async (words) => {
        await page.$eval(
            '#runs input[type=search]',
            (input, value) => {
                input.value = value;
                input.dispatchEvent(new Event('input'));
            },
            words,
        );
    };
    check('the table has all runs', (await status()) === '182 runs', await status());
    await filter('rmsprop learning_rate<0.0001');
    check('words and conditions filter the table', (await status()) === '28 of 182 runs', await status());
    await filter('');

    await page.$$eval('.run-table th button', (buttons) => buttons[0].click());
    check('a heading sorts the table', (await firstRow()).startsWith('0 '), await firstRow());
    await page.$$eval('.run-table th button', (buttons) => buttons[0].click());
    check('a second click reverses the order', (await firstRow()).startsWith('181 '), await firstRow());
    await page.focus('.run-table');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await settle();
    check('the keyboard selects a run', (await page.$eval('.run-heading input', (input) => input.value)) === '1');

    const plot = await box('.parallel');
    const axis = plot.x + 70 + (plot.width - 140) / 3;
    await page.mouse.move(axis, plot.y + 60);
    await page.mouse.down();
    await page.mouse.move(axis, plot.y + 180, { steps: 6 });
    await page.mouse.up();
    const brushed = await status();
    check('brushing an axis filters the runs', /^\d+ of 182 runs$/.test(brushed), brushed);
    await page.$eval('.range-fields summary', (summary) => summary.click());
    await settle();
    const fields = await page.$$eval('.ranges input[type=text]', (inputs) => inputs.map((input) => input.value));
    check('the fields show the range', fields[0] !== '' && Number(fields[0]) < Number(fields[1]), String(fields));
    await page.$$eval('#runs .toolbar button', (buttons) => buttons[0].click());
    check('all runs are shown again', (await status()) === '182 runs', await status());

    const loss = await box('#figures .overlay');
    let found = '';
    for (let share = 0.1; share < 0.9 && !found; share += 0.02) {
        await page.mouse.move(loss.x + loss.width * 0.5, loss.y + loss.height * share);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 40)));
        found = (await page.$eval('.tooltip', (tooltip) => (tooltip.hidden ? '' : tooltip.firstChild.textContent)).catch(() => '')) ?? '';
    }
    await page.mouse.down();
    await page.mouse.up();
    await settle();
    const chosen = await page.$eval('.run-heading input', (input) => input.value);
    check('the figure of the final loss finds and selects a run', found.startsWith(`run ${chosen}:`), `${found}, ${chosen}`);

    const map = await box('.atlas .overlay');
    const middle = [map.x + map.width * 0.45, map.y + map.height * 0.45];
    await page.mouse.click(...middle);
    const cell = await text('.cell-panel');
    check('a click replays a cell', /^Run \d+: /.test(cell) && cell.includes('momentum'), cell);
    await page.keyboard.press('+');
    const trained = () =>
        page.waitForFunction(() => /^Trained/.test(document.querySelector('.atlas-columns [role=status]')?.textContent ?? ''), {
            timeout: 60000,
        });
    check(
        'zooming trains cells',
        await trained().then(
            () => true,
            () => false,
        ),
        await text('.atlas-columns [role=status]'),
    );
    await page.mouse.click(...middle);
    const finer = await text('.cell-panel');
    check('a click replays a trained cell', !finer.startsWith('Run') && finer.includes('momentum'), finer);
    check('the explorer shows the cell', (await text('.command code')).includes('momentum'));
    await page.select('#atlas select', '2');
    check(
        'two settings of a run make a heatmap',
        await trained().then(
            () => true,
            () => false,
        ),
        await text('.atlas-columns [role=status]'),
    );

    const shares = await page.$$eval('.importance td.number', (cells) =>
        cells.map((share) => Number(share.textContent.replace(/[^\d.]/g, ''))),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    check('the shares of variance add up to 100 %', shares.length === 4 && Math.abs(sum - 100) < 0.3, String(shares));
    check('the page has no messages', messages.length === 0, messages.join('; '));
    await page.close();
}

try {
    console.log(`${browserPath}, ${await browser.version()}`);
    await checkArticle();
    await checkCycles();
    await checkGrid();
} finally {
    await browser.close();
}
process.exitCode = failures > 0 ? 1 : 0;
