// The staff sets a campaign up; residents send ideas on a telephone, in Kyrgyz
// with scripts and in Russian without: a line drawn on the map, an area typed by
// its corners. The staff evaluates them and publishes the list.
import { check, cityTime, desk, end, launch, phone, visitor } from './kit.mjs';

const [base] = process.argv.slice(2);
const browser = await launch();
const until = cityTime(20); // the minute may pass while forms are filled in
const at = '/vote/journey';

async function someone(options, person) {
  const page = await visitor(browser, options);
  await page.request.post(`${base}/demo`, { form: { person, back: '/vote' } });
  return page;
}

async function setUp() {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  await page.goto(`${base}/staff/vote/new`);
  await page.fill('#slug', 'journey');
  await page.selectOption('#body', { index: 1 });
  for (const [lang, text] of Object.entries({ ky: 'Жарык шаар', ru: 'Светлый город', en: 'A bright city' })) await page.fill(`#title_${lang}`, text);
  for (const phase of ['collecting', 'checking', 'evaluating', 'correcting', 'appealing']) {
    await page.fill(`#${phase}_begins`, cityTime(-1));
    await page.fill(`#${phase}_ends`, until);
  }
  await page.locator('main form button[type=submit]').click();
  check((await page.locator('.govuk-error-summary').count()) === 1, 'staff: a campaign without money is refused');
  check((await page.inputValue('#title_ky')) === 'Жарык шаар' && (await page.inputValue('#collecting_ends')) === until, 'staff: nothing that was typed is lost');
  await page.fill('#pot_0_code', 'city');
  await page.fill('#pot_0_title_en', 'The whole city');
  await page.fill('#pot_0_amount', '5 000 000');
  await page.locator('main form button[type=submit]').click();
  await page.waitForURL(/staff\/vote\/journey/);
  await page.context().close();
}

// draws taps a line on the map, adds a corner by keys, takes it back and finishes.
async function draws(page, what) {
  await page.locator('.sketch > button').click();
  const map = page.locator('.sketch .map');
  await map.and(page.locator('[data-idle]')).waitFor();
  await map.scrollIntoViewIfNeeded();
  for (const [x, y] of [[80, 200], [160, 210], [240, 230]]) await map.click({ position: { x, y } });
  const corners = async () => (await page.inputValue('#shape')).trim().split('\n').length;
  check((await corners()) === 3 && (await page.locator('.sketch__say').innerText()).includes('3'), `${what}: three taps are three corners`);
  await map.locator('canvas').focus();
  await page.keyboard.press('Enter');
  check((await corners()) === 4, `${what}: a key adds the middle of the map`);
  await page.keyboard.press('Backspace');
  check((await corners()) === 3, `${what}: the last corner is taken back`);
  await page.locator('.sketch__bar .govuk-button').last().click();
  await map.click({ position: { x: 100, y: 100 } });
  check((await corners()) === 3, `${what}: what is finished does not change by a tap`);
}

// types writes the corners of an area, first with a line that crosses itself.
async function types(page, what, send) {
  await page.locator('input[name=shape_kind][value=area]').check();
  await page.fill('#shape', '42.8866, 74.5798\n42.8875, 74.5818\n42.8866, 74.5818\n42.8875, 74.5798');
  await send.click();
  await page.locator('#shape-error').waitFor();
  check(await page.locator('input[name=shape_kind][value=area]').isChecked(), `${what}: an area that crosses itself is told, and its kind kept`);
  await page.fill('#shape', '42.8866, 74.5798\n42.8866, 74.5818\n42.8875, 74.5818\n42.8875, 74.5798');
}

async function proposes(lang, person, script, title, text) {
  const what = `${lang}, ${script ? 'with' : 'without'} scripts`;
  const page = await someone({ ...phone, locale: lang, javaScriptEnabled: script }, person);
  await page.goto(base + at);
  await page.locator(`a[href="${at}/ideas/new"]`).click();
  await page.waitForURL(/ideas\/new$/);
  const send = page.locator('main form > button.govuk-button').last();
  await send.click();
  await page.locator('.govuk-error-summary').waitFor();
  check((await page.locator('.govuk-error-summary li').count()) >= 4, `${what}: all gaps of an empty form are told`);
  await page.fill('#title', title);
  await page.fill('#text', text);
  await page.selectOption('#category', 'light');
  await page.fill('#address', 'Манас');
  await send.click();
  await page.locator('input[name=found]').first().check();
  await page.locator('details.filters summary').click();
  if (script) await draws(page, what);
  else await types(page, what, send);
  check((await page.inputValue('#title')) === title && (await page.inputValue('#text')) === text, `${what}: the words are kept while the place is asked`);
  await send.click();
  await page.waitForURL(/ideas\/I-/);
  check((await page.locator('h1').innerText()).replace(/\s+/g, ' ') === title, `${what}: the idea is public`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth).catch(() => 390);
  check(wide <= 390, `${what}: the page fits the telephone`);
  const number = page.url().match(/I-[0-9-]+/)[0];
  const place = await (await page.request.get(`${base}${at}/ideas/${number}/place.geojson`)).json();
  check(place.features[0].geometry.type === (script ? 'LineString' : 'Polygon'), `${what}: the idea has the place that was drawn`);
  await page.goto(`${base}/account`);
  check((await page.locator('main').innerText()).includes(number), `${what}: the account shows the idea`);
  await page.context().close();
  return number;
}

async function evaluates(numbers) {
  const page = await someone({ ...desk, locale: 'en' }, '1004');
  const press = async (value) => {
    await page.locator(`main button[value=${value}]`).last().click();
    await page.waitForLoadState();
  };
  for (const number of numbers) {
    await page.goto(`${base}/staff/ideas/${number}`);
    await press('check');
    await page.fill('#reasons_en', 'The poles stand there already.');
    await press('feasible');
    check((await page.locator('.govuk-error-summary li').count()) >= 2, `staff: ${number} has no cost without a reason`);
    check((await page.inputValue('#reasons_en')) !== '', `staff: ${number}: the reasons are kept`);
    await page.fill('#cost', '420 000');
    await page.fill('#why_en', 'Ten lamps and their cable.');
    await press('feasible');
    check((await page.locator('.tag').first().innerText()).includes('Feasible'), `staff: ${number} is feasible`);
  }
  await page.goto(`${base}/staff${at}/list`);
  await page.fill('#seed', '12-07-33');
  await press('publish');
  await page.goto(`${base}${at}/projects`);
  const list = await page.locator('main').innerText();
  check(list.includes('C01.') && list.includes('C02.'), 'staff: the list is public with its drawn numbers');
  await page.context().close();
}

await setUp();
const one = await proposes('ky', '2021', true, 'Манас көчөсүнө чырактар', 'Кечинде көчө караңгы, балдар мектептен караңгыда кайтат. Он чырак койсок, жарык болот.');
const two = await proposes('ru', '2022', false, 'Скамейки для пожилых', 'Пожилым людям негде отдохнуть по дороге в поликлинику. Поставим восемь скамеек с навесом.');
await evaluates([one, two]);
await browser.close();
end();
