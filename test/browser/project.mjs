// A project on a phone in Kyrgyz: a resident finds the repair of a school, follows
// it and asks; the body answers and tells of the progress with a photo; a
// journalist takes the file.
import { readFileSync } from 'node:fs';
import { become, check, cityTime, desk, end, launch, phone, visitor } from './kit.mjs';

const base = process.argv[2];
const photo = { name: 'after.jpg', mimeType: 'image/jpeg', buffer: readFileSync(process.argv[3]) };
const browser = await launch();
const press = (page, name) => page.locator('main').getByRole('button', { name, exact: true }).click();

const resident = await visitor(browser, { ...phone, locale: 'ky-KG' });
await become(resident, base, 2002);
await resident.goto(`${base}/projects`);
await resident.locator('main summary', { hasText: 'Долбоорлорду тандоо' }).click();
await resident.fill('#q', 'мектептин чатырын');
await press(resident, 'Көрсөтүү');
await resident.locator('main .card a', { hasText: 'мектептин чатырын' }).first().click();
const at = new URL(resident.url()).pathname;
const text = await resident.locator('main').innerText();
check(/кечикти/.test(text) && /бюджеттен .* ашты/.test(text), 'it is said that the project is late and over its budget');
check(text.includes('17 900 000 сом → 19 200 000 сом'.replaceAll(' ', '\u00a0')) || /17.900.000 сом → 19.200.000 сом/.test(text), 'the change of the contract stands with both sums');
check((await resident.locator('main .project-photos img').count()) >= 2, 'photos from the spot are shown');
await press(resident, 'Жаңылыктарын алып туруу');
check((await resident.locator('main').innerText()).includes('жаңылыктары сизге келет'), 'the resident follows it');
await resident.fill('#text', 'Спортзал качан ачылат?');
await press(resident, 'Суроо берүү');
const asked = await resident.locator('main').innerText();
const number = asked.match(/P-20\d\d-\d{6}/)[0];
check(/Шаар .* чейин жооп берет/.test(asked), 'the day of the answer is told');

const admin = await visitor(browser, { ...desk, locale: 'ru' });
await become(admin, base, 1000);
await admin.goto(`${base}/staff/figures`);
check((await admin.locator('main').innerText()).includes('Проекты с тревожными признаками'), 'the dashboard of the city shows projects that go wrong');
await admin.goto(`${base}/staff${at}`);
await admin.locator('main summary', { hasText: 'Сообщить о ходе работ' }).click();
await admin.fill('#tell-day', cityTime(-1).slice(0, 10));
await admin.fill('#tell-percent', '80');
await admin.fill('#tell-text_ky', 'Спортзалдын дубалдары жылууланды.');
await admin.fill('#tell-text_ru', 'Стены спортзала утеплены.');
await admin.setInputFiles('#photos', photo);
await press(admin, 'Опубликовать');
check((await admin.locator('main').innerText()).includes('Новость опубликована'), 'an update with a photo is published');

await admin.goto(`${base}/staff/project-questions/${number}`);
await admin.fill('#note', 'Жаңы жылда ачылат.');
await press(admin, 'Опубликовать');

await resident.goto(base + at);
const after = await resident.locator('main').innerText();
check(after.includes('Спортзалдын дубалдары жылууланды.') && after.includes('80'), 'the resident reads the update');
check(after.includes(number) && after.includes('Жаңы жылда ачылат.'), 'and finds the answer to the question');

const journalist = await visitor(browser, { ...desk, locale: 'en' });
await journalist.goto(`${base}/projects`);
const [file] = await Promise.all([journalist.waitForEvent('download'), journalist.getByRole('link', { name: /OC4IDS/ }).click()]);
const pack = JSON.parse(readFileSync(await file.path()));
check(pack.version === '0.9' && pack.projects.length >= 48, 'the journalist takes all projects as OC4IDS');
check(JSON.stringify(pack).includes('Спортзалдын дубалдары жылууланды.'), 'with what was told a moment ago');

// A resident finds how much goes to the repair of a school and follows it; a
// journalist takes the rows of the same view: on a phone and at a desk, in every
// language.
const digits = (text) => text.replace(/[^0-9]/g, '');
const parts = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)].map((m) => m[1].replace(/^"|"$/g, '').replaceAll('""', '"'));

async function takes(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`main a[href^="/data/projects.${name}"]`).click()]);
  return readFileSync(await file.path());
}

async function view(device, lang, person, words) {
  const where = `${lang} ${device === phone ? 'phone' : 'desktop'}`;
  const options = { ...device, locale: lang, extraHTTPHeaders: { 'Accept-Language': lang } };
  const resident = await visitor(browser, options);
  await become(resident, base, person);
  await resident.goto(`${base}/`);
  await resident.locator('footer a[href="/projects"]').click();
  await resident.locator('main details:has(#q) summary').click();
  await resident.fill('#q', words.search);
  await resident.locator('main form:has(#q) button[type=submit], main form:has(#q) button:not([type])').first().click();
  await resident.waitForURL(/q=/);
  await resident.locator('main .card a', { hasText: words.title }).first().click();
  await resident.waitForURL(/projects\/\d+/);
  const money = digits((await resident.locator('main .project-money').allInnerTexts()).join(' '));
  check(money.includes('18400000') && money.includes('19200000'), `${where}: what the repair was to cost and what it costs are read: ${money}`);
  const project = resident.url();
  const follow = resident.locator('.project-follow form button');
  const press = async () => {
    await follow.click();
    await resident.waitForLoadState();
  };
  const listed = async () => {
    await resident.goto(`${base}/account`);
    const n = await resident.locator(`main a[href="${new URL(project).pathname}"]`).count();
    await resident.goto(project);
    return n > 0;
  };
  if (await listed()) await press(); // who has asked about it follows it already
  check(!(await listed()), `${where}: the resident does not follow it yet`);
  await press();
  check(await listed(), `${where}: it stands among what the resident follows`);
  await press();
  check(!(await listed()), `${where}: and may leave it again`);
  await resident.context().close();

  const journalist = await visitor(browser, options);
  await journalist.goto(`${base}/projects?sector=education`);
  const shown = await journalist.locator('main .card').count();
  const said = digits(await journalist.locator('main .project-total').first().innerText());
  const [head, ...rows] = (await takes(journalist, 'csv')).toString().replace('\ufeff', '').trim().split('\r\n').flatMap((l) => l.split('\n')).map(parts);
  const known = rows.filter((r) => r[head.indexOf('currency')] === 'KGS'); // the others are counted apart
  const sum = (name) => String(known.reduce((n, r) => n + Math.round(Number(r[head.indexOf(name)]) * 100), 0) / 100);
  const figures = [String(known.length), sum('budget'), sum('contracted'), sum('paid')];
  check(rows.length === shown && known.length > 0 && said === figures.join(''), `${where}: the rows of the file add up to the figures of the page: ${said}, ${figures}`);
  const pack = JSON.parse(await takes(journalist, 'oc4ids.json'));
  check(pack.projects.map((p) => p.id).join() === rows.map((r) => r[0]).join(), `${where}: the package has the same projects`);
  check((await takes(journalist, 'xlsx')).subarray(0, 2).toString() === 'PK', `${where}: the workbook is one`);
  check((await journalist.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${where}: nothing sticks out of the page`);
  await journalist.context().close();
}

const school = {
  ky: { search: 'мектептин чатырын', title: 'мектептин чатырын' },
  ru: { search: 'крыши и окон', title: 'крыши и окон школы' },
  en: { search: 'roof and windows', title: 'roof and windows of school' },
};
for (const lang of ['ky', 'ru', 'en']) for (const device of [phone, desk]) await view(device, lang, 2003, school[lang]);
await browser.close();
end();
