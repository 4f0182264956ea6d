// Whole jobs of residents and clerks, in a real browser.
import { readFileSync } from 'node:fs';
import { become, centre, check, desk, end, launch, phone, visitor } from './kit.mjs';

const base = process.argv[2];
const photo = { name: 'lamp.jpg', mimeType: 'image/jpeg', buffer: readFileSync(process.argv[3]) };
const browser = await launch();

// codeFor reads the code that a real city would have sent to a telephone.
async function codeFor(page) {
  const outbox = await page.context().newPage();
  for (;;) {
    await outbox.goto(`${base}/demo/outbox`);
    const letter = outbox.locator('.letter__text').filter({ hasText: /\d{6}/ }).first();
    if (await letter.count()) {
      const code = (await letter.innerText()).match(/\d{6}/)[0];
      await outbox.close();
      return code;
    }
    await outbox.waitForTimeout(300);
  }
}

const send = (page) => page.locator('main form button[type=submit]:not([formnovalidate])').last();

async function resident() {
  const page = await visitor(browser, { ...phone, ...centre, locale: 'ky-KG' });
  await page.goto(base);
  await page.locator('a[href="/reports/new"]:visible').first().click();
  await page.getByRole('button', { name: 'Мен турган жер' }).click();
  await page.waitForFunction(() => document.querySelector('#address')?.value);
  check((await page.inputValue('#address')).length > 3, 'the place of the phone has a name');
  await page.getByRole('button', { name: 'Улантуу' }).click();
  await page.locator('.tile[value=street-light]').click();
  await page.setInputFiles('#photos', photo);
  await page.fill('#text', 'Аялдаманын жанындагы чырак күйбөй жатат');
  await page.getByRole('button', { name: 'Жөнөтүү' }).click();
  await page.waitForSelector('.govuk-error-summary');
  const errors = await page.locator('.govuk-error-summary li').allTextContents();
  check(errors.length === 2, `what is missing is named: ${errors.join(' | ')}`);
  check((await page.inputValue('#text')).includes('Аялдаманын'), 'what was typed is kept');
  check((await page.locator('input[name=kept_photo]').count()) === 1, 'the photo is kept');
  await page.locator('input[name=q_fault]').first().check();
  await page.fill('#contact', '0555 12 34 56');
  await page.getByRole('button', { name: 'Жөнөтүү' }).click();
  await page.waitForURL(/\/confirm\//);
  await page.fill('#code', await codeFor(page));
  await page.getByRole('button', { name: 'Ырастоо' }).click();
  await page.waitForURL(/\/reports\/\d{4}-\d+/);
  const report = page.url().split('?')[0];
  check((await page.locator('main img[src^="/photos/"]').count()) > 0, `the report ${report.split('/').pop()} shows its photo`);
  return { page, report };
}

async function clerk(report) {
  const page = await visitor(browser, { ...desk, locale: 'ky' });
  await become(page, base, 1003);
  await page.goto(report.replace('/reports/', '/staff/reports/'));
  await page.locator('input[name=to][value=in_work]').check();
  await page.getByRole('button', { name: 'Жөнөтүү' }).first().click();
  await page.waitForSelector('input[name=to][value=fixed]');
  await page.locator('input[name=to][value=fixed]').check();
  await page.fill('#note', 'Чырак алмаштырылды, бүгүн кечинде күйөт.');
  await page.setInputFiles('#photos', photo);
  await page.getByRole('button', { name: 'Жөнөтүү' }).first().click();
  await page.waitForFunction(() => !document.querySelector('input[name=to][value=fixed]'));
  check((await page.locator('.report__status').innerText()).includes('Оңдолду'), 'the clerk sees it mended');
  await page.context().close();
}

async function judged({ page, report }) {
  await page.waitForTimeout(1500); // the notice is delivered by a job
  await page.goto(`${base}/account/notices`);
  const notices = await page.locator('main').innerText();
  check(notices.includes(report.split('/').pop()), 'the author has notices about it');
  await page.goto(report);
  check((await page.locator('main').innerText()).includes('Чырак алмаштырылды'), 'the answer is read by the author');
  await page.locator('input[name=verdict][value=fixed]').check();
  await page.locator('input[name=rating][value="5"]').check();
  await page.getByRole('button', { name: 'Баалоо' }).click();
  await page.waitForURL(/done=judge/);
  check(true, 'the author has judged the work');
  await page.context().close();
}

// Without scripts everything is done with plain pages.
async function plain() {
  const page = await visitor(browser, { ...phone, locale: 'ru', javaScriptEnabled: false });
  await page.goto(`${base}/reports/new`);
  await page.fill('#address', 'Чуй');
  await send(page).click();
  await page.locator('button[name=found]').first().click();
  await page.locator('.tile[value=pothole]').click();
  for (const group of await page.locator('fieldset:has(input[type=radio][name^=q_])').all()) await group.locator('input').first().check();
  await page.fill('#text', 'Яма у светофора');
  await page.fill('#contact', 'aidar@city.example');
  await page.setInputFiles('#photos', photo);
  await page.getByRole('button', { name: 'Отправить' }).click();
  await page.waitForURL(/\/confirm\//);
  await page.fill('#code', await codeFor(page));
  await page.locator('main form button').first().click();
  await page.waitForURL(/\/reports\/\d{4}-\d+/);
  check((await page.locator('main').innerText()).includes('Яма у светофора'), 'a report is sent and confirmed without scripts');
  await page.goto(`${base}/reports?state=open&category=pothole`);
  check((await page.locator('main').innerText()).includes('Яма у светофора'), 'it stands in the list without scripts');
  await page.context().close();
}

const done = await resident();
await clerk(done.report);
await judged(done);
await plain();
await browser.close();
end();
