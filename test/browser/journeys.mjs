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
  await page.selectOption('select[name=metres]', '1000');
  await page.getByRole('button', { name: 'Кабарлап туруу' }).click();
  await page.waitForURL(/\/account\/preferences/);
  check((await page.locator('main').innerText()).includes('1000'), 'the author watches the streets around');
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

// What was begun is found again; what is written without a line is sent once.
async function kept() {
  const page = await visitor(browser, { ...phone, ...centre, locale: 'en' });
  await page.goto(`${base}/reports/new`);
  await page.evaluate(async () => {
    const ready = await navigator.serviceWorker.ready;
    while (ready.active?.state !== 'activated') await new Promise((done) => setTimeout(done, 50));
  });
  await page.fill('#address', 'Osh');
  const one = page.locator('#places option').first();
  await one.waitFor({ state: 'attached' });
  await page.fill('#address', await one.getAttribute('value'));
  check((await page.inputValue('input[name=lat]')) !== '', 'a suggested place brings its position');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('.tile[value=street-light]').click();
  await page.setInputFiles('#photos', photo);
  await page.fill('#text', 'Begun on the bus');
  await page.getByText('The draft is kept on this phone').waitFor();
  await page.goto(`${base}/reports/new`);
  await page.locator('.drafts').getByText('Begun on the bus').waitFor();
  await page.locator('.drafts').getByRole('button', { name: 'Continue' }).click();
  await page.locator('.previews img').waitFor();
  check((await page.inputValue('#text')) === 'Begun on the bus', 'a draft goes on with its words and its photo');
  await page.locator('input[name=q_fault]').first().check();
  await page.fill('#contact', 'bus@city.example');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForURL(/\/confirm\//);
  await page.waitForLoadState('networkidle'); // the page that says it was sent takes the draft away
  await page.goto(`${base}/reports/new`);
  await page.waitForTimeout(300); // what is kept is read after the page is there
  await page.locator('.drafts').waitFor({ state: 'hidden', timeout: 5000 }).catch(() => {});
  check(!(await page.locator('.drafts').isVisible()), 'nothing is left of it on the telephone');

  await page.context().setOffline(true);
  await page.goto(`${base}/reports/new`);
  check((await page.locator('h1').innerText()).includes('without a connection'), 'without a line there is a page to write on');
  await page.selectOption('#category', 'street-light');
  await page.fill('#address', 'Chuy 120');
  await page.fill('#text', 'Written in the cellar');
  await page.fill('#contact', 'cellar@city.example');
  await page.setInputFiles('#photos', photo);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('it is sent when there is one').first().waitFor();
  await page.context().setOffline(false);
  // The city asks for more: the question of the category. Nothing is lost.
  await page.goto(`${base}/reports/new`);
  const row = page.locator('.drafts li', { hasText: 'Written in the cellar' });
  await row.getByText('Needs something more').waitFor();
  await row.getByRole('button', { name: 'Continue' }).click();
  await page.locator('input[name=q_fault]').first().check();
  await page.locator('.previews img').waitFor();

  // The line breaks again while it is sent.
  await page.context().setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('it is sent when there is one').first().waitFor();
  await page.context().setOffline(false);
  await page.waitForURL(/\/confirm\//);
  check(true, 'when the line is back it is sent and asks for its code');
  await page.fill('#code', await codeFor(page));
  await page.locator('main form button').first().click();
  await page.waitForURL(/\/reports\/\d{4}-\d+/);
  check((await page.locator('main img[src^="/photos/"]').count()) > 0, 'with the photo that was kept');
  await page.goto(`${base}/reports?category=street-light&state=open`);
  check((await page.locator('main .card', { hasText: 'Written in the cellar' }).count()) === 1, 'it was sent once');
  await page.context().close();
}

// appeal is the whole way of an appeal: filed, passed on, put off, answered by a
// signed letter, judged, and complained about.
async function appeal(locale, person, javaScriptEnabled) {
  const as = async (who, view) => {
    const page = await visitor(browser, { ...view, locale, javaScriptEnabled });
    await become(page, base, who);
    return page;
  };
  const author = await as(person, phone);
  await author.goto(`${base}/appeals`);
  await author.locator('main a[href="/appeals/new"]').click();
  await author.fill('#text', 'Too short');
  await author.locator('main form button[type=submit]').click();
  await author.waitForSelector('.govuk-error-summary');
  check((await author.inputValue('#text')) === 'Too short', `${locale}: a wrong appeal keeps what was typed`);
  await author.locator('input[name=form][value=complaint]').check();
  await author.selectOption('#body', '29');
  await author.fill('#text', 'Токомбаев көчөсүндө бир айдан бери жарык жок, балдар мектепке караңгыда барышат.');
  await author.fill('#address', 'Токомбаев көчөсү, 12');
  await author.locator('main form button[type=submit]').click();
  await author.waitForURL(/\/appeals\/A-\d{4}-\d+/);
  const number = author.url().match(/A-\d{4}-\d+/)[0];

  const step = async (page, what, fill) => {
    await page.goto(`${base}/staff/appeals/${number}`);
    const button = page.locator(`button[name=do][value=${what}]`);
    const form = page.locator('main form', { has: button });
    await form.evaluate((f) => f.closest('details')?.setAttribute('open', ''));
    for (const [name, text] of Object.entries(fill)) {
      const field = form.locator(`[name=${name}]`);
      if ((await field.evaluate((e) => e.tagName)) === 'SELECT') await field.selectOption(text);
      else await field.fill(text);
    }
    await button.click();
    await page.waitForLoadState();
  };
  // The dispatcher passes it to the service that is competent in the end.
  const dispatcher = await as(1001, desk);
  await step(dispatcher, 'transfer', { body: '31', note: 'Дарактар жаап турат' });
  await step(dispatcher, 'transfer', { body: '29', note: 'Жок, чырактын өзү күйбөйт' });
  const [clerk, head] = [await as(1003, desk), await as(1004, desk)];
  await step(clerk, 'take', {});
  await step(head, 'extend', { note: 'Чырактар келе жатат' });
  await step(clerk, 'review', { text: 'Урматтуу кайрылуучу! Жарык 20-ноябрда оңдолду.' });
  await step(head, 'sign', {});

  await author.goto(`${base}/appeals/${number}`);
  const page = await author.locator('main').innerText();
  check(page.includes('20-ноябрда оңдолду') && page.includes('Чырактар келе жатат') && page.includes('Жок, чырактын өзү күйбөйт'), `${locale}: the author sees the answer, the new term and where it went`);
  const letter = await author.request.get(`${base}/appeals/${number}/answer.pdf`);
  check(letter.headers()['content-type'] === 'application/pdf' && (await letter.body()).subarray(0, 5).toString() === '%PDF-', `${locale}: the letter is a PDF`);
  await author.locator('details:has(input[name=stars]) summary').click();
  await author.locator('input[name=stars][value="2"]').check();
  await author.locator('form[action$="/rate"] textarea').fill('Дагы эле караңгы');
  await author.locator('form[action$="/rate"] button').click();
  await author.waitForURL(/done=rate/);
  await author.locator(`a[href="/appeals/new?about=${number}"]`).click();
  await author.fill('#text', 'Жоопко макул эмесмин: чырак эртеси күнү кайра өчтү, эч ким келген жок.');
  await author.fill('#address', 'Токомбаев көчөсү, 12');
  await author.locator('main form button[type=submit]').click();
  await author.waitForURL((u) => /\/appeals\/A-/.test(u.pathname) && !u.pathname.endsWith(number));
  check((await author.locator('main').innerText()).includes(number), `${locale}: the complaint leads to the answer it is about`);
  for (const p of [author, dispatcher, clerk, head]) await p.context().close();
}

// An operator of the telephone desk takes five calls and never touches the mouse.
async function calls(locale, calls) {
  const page = await visitor(browser, { ...desk, locale });
  await become(page, base, 1001);
  await page.goto(`${base}/language/${locale.slice(0, 2)}`);
  await page.goto(`${base}/staff/desk`);
  const keys = await page.context().newCDPSession(page);
  // A list is searched by keys, not by inserted text.
  const press = async (text) => {
    for (const key of text) await keys.send('Input.dispatchKeyEvent', { type: 'keyDown', text: key, key });
  };
  const numbers = [];
  for (const call of calls) {
    await page.waitForFunction(() => document.activeElement?.id === 'phone');
    await page.keyboard.type(call.phone);
    await page.keyboard.press('Enter');
    await page.keyboard.type(call.name);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await press(call.what);
    await page.keyboard.press('Tab');
    await page.keyboard.type(call.place);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('[name=lat]').value && document.activeElement?.id === 'text');
    await page.keyboard.type(call.text);
    await page.waitForFunction(() => document.querySelector('.desk__known'));
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/done=/).catch(async (e) => {
      const said = await page.evaluate(() => [location.href, document.activeElement?.id, document.querySelector('.govuk-error-summary')?.innerText, JSON.stringify([...new FormData(document.querySelector('main form'))].map(String))]);
      throw new Error(`${locale}: the call of ${call.name} was not registered: ${said.join(' | ')}`, { cause: e });
    });
    numbers.push(new URL(page.url()).searchParams.get('done'));
    await page.goto(`${base}/staff/desk`);
  }
  check(new Set(numbers).size === calls.length && numbers.every((n) => /^\d{4}-\d+$/.test(n)), `${locale}: ${calls.length} calls became ${numbers.join(', ')}`);
  // Who calls again is known, and so is what was said before.
  await page.waitForFunction(() => document.activeElement?.id === 'phone');
  await page.keyboard.type(calls[0].phone);
  await page.waitForFunction((number) => document.querySelector('.desk__known')?.textContent.includes(number), numbers[0]);
  check((await page.inputValue('#name')) === calls[0].name, `${locale}: the second call of ${calls[0].name} is recognised`);
  await page.context().close();
}

// A clerk takes cases of the inbox together and answers them: all of a page at
// once, or one after the other by the keys.
async function inbox(locale, view, pages, byKeys) {
  const page = await visitor(browser, { ...view, locale });
  await become(page, base, 1003);
  await page.goto(`${base}/language/${locale.slice(0, 2)}`);
  let handled = 0;
  for (const most of pages) {
    await page.goto(`${base}/staff?kind=report&category=street-light`);
    if (byKeys) {
      await page.locator('body').press('j');
      for (let i = 0; i < most; i++) {
        await page.keyboard.press('x');
        await page.keyboard.press('j');
      }
    } else {
      await page.locator('form[data-island=inbox] > button').first().click();
      const boxes = page.locator('input.inbox__check');
      for (let i = (await boxes.count()) - 1; i >= most; i--) await boxes.nth(i).uncheck();
    }
    const numbers = await page.locator('input.inbox__check:checked').evaluateAll((all) => all.map((b) => b.value));
    check(numbers.length === most, `${locale}: ${most} cases are chosen`);
    await page.locator('details:has(button[value=mend]) summary').click();
    await page.fill('textarea[name=words]', 'Чырактар алмаштырылды.');
    await page.locator('button[value=mend]').click();
    await page.waitForURL(/done=/);
    const said = new URL(page.url()).searchParams;
    check(said.get('done') === String(most) && said.get('failed') === '0', `${locale}: ${said.get('done')} are answered, ${said.get('failed')} are not`);
    const left = await page.locator('input.inbox__check').evaluateAll((all) => all.map((b) => b.value));
    check(!numbers.some((n) => left.includes(n)), `${locale}: they have left the inbox`);
    await page.goto(`${base}/reports/${numbers[0].split(':')[1]}`);
    check((await page.locator('main').innerText()).includes('Чырактар алмаштырылды.'), `${locale}: the answer is on the page of the case`);
    handled += most;
  }
  await page.context().close();
  return handled;
}

const done = await resident();
await clerk(done.report);
await judged(done);
await plain();
await kept();
await appeal('ky-KG', 2003, true);
await appeal('ru', 2004, false);
await appeal('en', 2005, true);
await calls('ky', [
  { phone: '0555 200 301', name: 'Айбек', what: 'Көчө ж', place: 'Чүй 120', text: 'Аялдамада чырак күйбөйт' },
  { phone: '0555 200 302', name: 'Нурила', what: 'Көчө ж', place: 'Токтогул 80', text: 'Үч күндөн бери караңгы' },
]);
await calls('ru', [
  { phone: '0700 200 303', name: 'Светлана', what: 'Яма', place: 'Московская 100', text: 'Глубокая яма у перехода' },
  { phone: '0700 200 304', name: 'Олег', what: 'Яма', place: 'Киевская 70', text: 'Яма после дождя' },
]);
await calls('en', [{ phone: '0770 200 305', name: 'Jane', what: 'Pothole', place: 'Manas 40', text: 'A deep hole by the kerb' }]);
// A storm puts out the lamps of many streets.
async function storm(n) {
  const page = await visitor(browser, { ...desk, locale: 'ky' });
  await become(page, base, 2005);
  for (let i = 0; i < n; i++) {
    const answer = await page.request.post(`${base}/api/v1/reports`, {
      data: { category: 'street-light', lat: 42.86 + (i % 10) * 0.002, lon: 74.58 + Math.floor(i / 10) * 0.003, text: `Чырак өчүп калды, ${i}-үй`, answers: { fault: ['out'] } },
    });
    if (!answer.ok()) throw new Error(`report ${i}: ${answer.status()} ${await answer.text()}`);
  }
  await page.context().close();
}

await storm(70);
const handled = (await inbox('ky', phone, [40, 10], false)) + (await inbox('ru', phone, [10], false)) + (await inbox('en', desk, [10], true));
check(handled === 70, `${handled} cases went through the inbox`);
await browser.close();
end();
