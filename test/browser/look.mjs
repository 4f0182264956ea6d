// Every page in three languages, on a phone and a desk, light and dark: no
// error of accessibility that axe knows, nothing wider than the screen, and a
// first view within its weight.
import { readFileSync } from 'node:fs';
import { become, centre, check, desk, end, launch, phone, visitor } from './kit.mjs';

const base = process.argv[2];
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const browser = await launch();
const rows = await (await fetch(`${base}/data/reports.json?state=fixed`)).json();
const number = rows[0].number;
const inbox = (await (await fetch(`${base}/data/reports.json?state=waiting&category=street-light`)).json())[0]?.number ?? number;
const issue = (await (await fetch(`${base}/api/v1/systemic`)).json()).issues[0].number;
const reception = (await (await fetch(`${base}/reception`)).text()).match(/\/reception\/\d+/)[0];
const grants = await (await fetch(`${base}/grants`)).text();
const [call, , replayed] = [...new Set(grants.match(/\/grants\/calls\/\d+/g))];
const grantSession = (await (await fetch(base + replayed)).text()).match(/\/grants\/sessions\/\d+/)[0];
const nextSession = (await (await fetch(base + call)).text()).match(/\/grants\/sessions\/\d+/g).pop();
const grantRows = await (await fetch(`${base}/data/grants.json`)).json();
const granted = (state) => `/grants/applications/${grantRows.find((r) => r.state === state).number}`;
const project = (await (await fetch(`${base}/projects?q=мектептин`)).text()).match(/\/projects\/\d+/)[0];
const letter = (await (await fetch(`${base}/published`)).text()).match(/\/published\/\d+/)[0];
const week = (await (await fetch(`${base}/bulletins`)).text()).match(/\/bulletins\/\d{4}-W\d\d/)[0];

const protest = (await (await fetch(`${base}/vote/parks-2026/results`)).text()).match(/V-\d{4}-\d{6}/)[0];

const hearings = [...new Set((await (await fetch(`${base}/hearings`)).text()).match(/\/hearings\/\d+/g))];
const meeting = (await (await fetch(base + hearings[0])).text()).match(/\/hearings\/sessions\/\d+/)[0];

const everybody = [
  '/', '/reports', '/reports?state=open', '/reports?q=жокжок', `/reports/${number}`, '/reports/new', '/bodies', '/bodies/gorsvet', '/districts/leninsky',
  '/answers', '/answers?kind=appeal&period=4w', '/bulletins', week, '/data/figures',
  '/data/', '/developers', '/record', '/record/0', '/appeals', '/appeals/new', '/published', letter, '/systemic', `/systemic/${issue}`, '/account/sign-in', '/demo', '/offline', '/outages', '/news', '/reception', reception, '/hearings', ...hearings, meeting, '/grants', call, grantSession, granted('failed'),
  '/vote', '/vote/2027', '/vote/2027/ideas', '/vote/2026', '/vote/2026/projects', '/vote/2026/projects/C01', '/vote/2026/rules', '/vote/2025/results', '/vote/2025/results/city', '/vote/2025/results/city?round=2', '/vote/parks-2026/results', '/vote/amsterdam-522/results', '/projects', '/projects?alarm=late', project, '/nothing',
];
const own = ['/account', '/account/notices', '/account/preferences', '/account/contacts', '/account/devices', '/account/security', '/account/data', '/account/mandates', '/account/link'];
const resident = await visitor(browser, phone);
await become(resident, base, 2000);
await resident.goto(`${base}/account`);
own.push(await resident.locator('a[href^="/reception/bookings/"]').first().getAttribute('href'));
own.push(await resident.locator('a[href^="/hearings/visits/"]').first().getAttribute('href'));
own.push(`${call}/apply`, '/vote/2026/ballot', '/vote/2027/ideas/new', '/vote/parks-2026/protests/new');
await resident.context().close();
const staff = ['/staff', '/staff?view=late', `/staff/reports/${inbox}`, '/staff/near', '/staff/moderation', '/staff/desk', '/staff/outages', '/staff/figures', '/staff/news', '/staff/news/new', '/staff/published', '/staff/reception', '/staff' + reception, '/staff/pledges'];
const commission = ['/staff/vote', '/staff/vote/new', '/staff/vote/2027/setup', '/staff/vote/2027/list', '/staff/vote/2026', '/staff/vote/2026/paper', '/staff/vote/2026/unusual', '/staff/vote/parks-2026', `/staff/protests/${protest}`];
const admin = ['/staff/hearings', ...hearings.map((h) => '/staff' + h), '/staff' + meeting, '/staff/projects', '/staff/projects/new', '/staff/projects/import', '/staff' + project, `/staff${project}/edit`, '/staff/figures', '/staff/figures/gorsvet', '/admin/people', '/admin/permissions', '/admin/settings', '/staff/residents', '/staff/jobs', '/admin/messages', '/staff/mandates', '/staff/link'];

// The budget: a version with its spending, two drafts side by side, a line.
const versions = [...new Set((await (await fetch(`${base}/budget`)).text()).match(/\/budget\/versions\/\d+(?:\?[^"]*)?/g))].map((a) => a.replaceAll('&amp;', '&'));
const spent = versions.find((a) => a.includes('dir=expenditure&') && !a.includes('at='));
const drafts = [...(await (await fetch(`${base}/budget/compare`)).text()).matchAll(/option value="(\d+)"/g)].map((m) => m[1]);
const budgetLine = (await (await fetch(base + spent)).text()).match(/\/budget\/versions\/\d+\/lines\/\d+/)[0];
everybody.push(
  '/budget', spent, '/budget/year', '/budget/year?year=2020&dir=revenue', '/budget/year?year=2025&dir=expenditure&by=functional&at=09', '/budget/versions', '/budget/compare', `/budget/compare?a=${drafts[1]}&b=${drafts[0]}`, budgetLine, '/budget/questions', '/budget/taxes?sum=5000', '/budget/simulator', '/budget/documents',
);
everybody.push('/budget/series?dir=revenue&phase=executed&prices=2023', '/budget/series?by=functional&at=09.2', '/budget/prices', `/budget/compare?a=${drafts.at(-1)}&b=${drafts[0]}&prices=2023`);
admin.push('/staff/budget', '/staff/budget/prices', '/staff/budget/breaks', '/staff/budget/documents', `/staff${versions[0].split('?')[0]}`);

// look opens pages and says what is wrong with them; those that through chooses by
// their place in the list are looked through by axe too.
async function look(options, name, person, pages, through = () => true) {
  const page = await visitor(browser, options);
  page.removeAllListeners('console'); // "404" of the page that is not there
  // The page's policy forbids scripts of strangers; the browser itself may run one.
  await page.context().addInitScript(axe);
  if (person) await become(page, base, person);
  const inspect = async (path, axed = true) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) check(false, `${name} ${path} is ${wide} px wider than the screen`);
    if (!axed) return;
    const found = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }),
    );
    for (const v of found.violations) {
      // What lies under the bar at the thumb comes out from under it when the page is moved.
      if (v.id === 'target-size') v.nodes = v.nodes.filter((n) => !n.any.some((a) => /partially obscured/.test(a.message)));
      if (v.nodes.length === 0) continue;
      check(false, `${name} ${path}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join('; ')}`);
    }
  };
  for (const [i, path] of pages.entries()) {
    await page.goto(base + path, { waitUntil: 'load' });
    await inspect(path, through(i));
  }
  if (!person) await walk(page, name, inspect);
  if (person === 2000) await walkBallot(page, inspect);
  check(true, `${name}: ${pages.length} pages looked at`);
  await page.context().close();
}

// walk goes through the steps of a new report, and sends its last one empty.
async function walk(page, name, inspect) {
  await page.goto(base + '/reports/new', { waitUntil: 'load' });
  await page.locator('input[name=address]').fill('Чүй 120');
  await page.locator('form#report-form button.govuk-button:not([data-do]):not([name])').click();
  await page.locator('button[name=found]').first().click();
  await page.locator('button[name=category][value=street-light]').waitFor();
  await inspect('/reports/new, step 2');
  await page.locator('button[name=category][value=street-light]').click();
  await page.locator('textarea[name=text]').waitFor();
  await inspect('/reports/new, step 3');
  await page.locator('form#report-form button.govuk-button[type=submit]:not([name])').click();
  const wrong = await page.locator('.govuk-error-summary li a').evaluateAll((list) => list.map((a) => a.getAttribute('href')));
  const order = await page.evaluate((ids) => ids.map((id) => document.querySelector(id)?.getBoundingClientRect().top ?? -1), wrong);
  check(wrong.length >= 3 && order.every((y, i) => y >= 0 && (i === 0 || y > order[i - 1])), `${name}: the errors of step 3 lead to their fields in their order: ${wrong}`);
  await inspect('/reports/new, step 3 with errors');
}

// walkBallot goes through the steps of a ballot up to the last one.
async function walkBallot(page, inspect) {
  await page.goto(base + '/vote/2026/ballot', { waitUntil: 'load' });
  await page.locator('input[name=class]').first().check();
  await page.selectOption('#district', 'leninsky');
  await page.fill('#born', '1990-05-05');
  await page.locator('button[value=choose]').click();
  await page.locator('fieldset.vote-pot').first().waitFor();
  await inspect('/vote/2026/ballot, step 2');
  await page.locator('#pick_C01').check();
  await page.locator('button[value=review]').click();
  await page.locator('button[value=cast]').waitFor();
  await inspect('/vote/2026/ballot, step 3');
}

async function weigh(path) {
  const page = await visitor(browser, { ...phone, locale: 'ky' });
  const cdp = await page.context().newCDPSession(page);
  let bytes = 0;
  const parts = new Map();
  const names = new Map();
  cdp.on('Network.responseReceived', (e) => names.set(e.requestId, e.response.url));
  cdp.on('Network.loadingFinished', (e) => {
    const url = names.get(e.requestId) ?? '';
    // Photos are content, the map and its tiles are asked for; the worker loads in idle time.
    if (/\/photos\/|\/tiles\/|\/map\/|maplibre|\/map[-.]/.test(url)) return;
    bytes += e.encodedDataLength;
    parts.set(url.replace(base, ''), e.encodedDataLength);
  });
  await cdp.send('Network.enable');
  await page.goto(base + path, { waitUntil: 'networkidle' });
  const list = [...parts].map(([url, n]) => `${url} ${n}`).join(', ');
  check(bytes > 0 && bytes <= 100_000, `the first view of ${path} weighs ${bytes} bytes (${list})`);
  await page.context().close();
}

const small = (locale) => [{ ...phone, viewport: { width: 360, height: 740 }, locale }, `${locale} phone`];
const large = [{ ...desk, locale: 'ru', colorScheme: 'dark' }, 'ru desk, dark'];
// A page is built alike in each language: axe looks through each on a phone, half
// of them in Kyrgyz and half in English, and on a desk in Russian. Russian has the
// longest words, which must fit a phone too.
const every = (n, of) => (i) => i % of === n;
const looks = [
  () => look(...small('ky'), 0, everybody, every(0, 2)),
  () => look(...large, 0, everybody),
  () => look(...small('en'), 0, everybody, every(1, 2)),
  () => look(...small('ru'), 0, everybody, () => false),
];
for (const [options, name] of [small('ky'), large]) {
  looks.push(
    () => look({ ...options, ...centre }, `${name}, resident`, 2000, own),
    () => look(options, `${name}, clerk`, 1003, [...staff, '/staff/vote/2026/desk']),
    () => look(options, `${name}, dispatcher`, 1001, ['/staff/systemic', `/staff/systemic/${issue}`]),
    () => look(options, `${name}, head of a commission`, 1900, ['/staff/grants', '/staff' + call, '/staff' + nextSession, '/staff' + granted('admitted')]),
    () => look(options, `${name}, member of a commission`, 2005, [nextSession + '/vote']),
    () => look(options, `${name}, administrator`, 1000, [...admin, ...commission]),
  );
}
// Two at a time: a page that is read waits for one core while axe has the other.
const worker = async () => {
  for (let next; (next = looks.shift()); ) await next();
};
await Promise.all([worker(), worker()]);
for (const path of ['/', '/reports/new', `/reports/${number}`, '/bodies', '/vote/2026', '/vote/2025/results']) await weigh(path);
await browser.close();
end();
