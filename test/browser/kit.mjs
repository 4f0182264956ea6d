// What the journeys share: a browser, visitors, and a way to say what failed.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const binary = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
// A machine without a graphics card draws maps in software, and pages faster without pretending to have one.
const flags = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-gpu-rasterization', '--disable-gpu-compositing'];

export const launch = (more = []) => chromium.launch({ executablePath: binary, args: [...flags, ...more] });

export const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
export const desk = { viewport: { width: 1280, height: 900 } };
export const centre = { permissions: ['geolocation'], geolocation: { latitude: 42.8755, longitude: 74.6037 } };

// cityTime is the clock on the wall of the demo city, so many days from now, as a field for a day and a time has it.
// The machine's clock is another day for six hours of every night.
export const cityTime = (days) => new Date(Date.now() + days * 864e5).toLocaleString('sv-SE', { timeZone: 'Asia/Bishkek', dateStyle: 'short', timeStyle: 'short' }).replace(' ', 'T');

let failures = 0;

export function check(ok, what) {
  if (!ok) failures++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
}

export function end() {
  console.log(failures ? `${failures} checks failed` : 'all checks hold');
  process.exit(failures ? 1 : 0);
}

// visitor opens a page whose errors are failures of the journey.
export async function visitor(browser, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000); // a machine with much else to do is slow, not wrong
  const page = await context.newPage();
  page.on('pageerror', (e) => check(false, `script error on ${page.url()}: ${e.message}`));
  page.on('console', (m) => {
    // A form sent back is told with status 422, who has voted already with 409, which the console calls errors.
    if (m.type() === 'error' && !/status of (422|401|409)|ERR_INTERNET_DISCONNECTED/.test(m.text())) check(false, `console on ${page.url()}: ${m.text()}`);
  });
  page.on('response', (r) => {
    if (r.status() >= 500) check(false, `${r.status()} from ${r.url()}`);
  });
  return page;
}

// become signs in as somebody of the demo.
export async function become(page, base, person) {
  await page.goto(`${base}/demo`);
  await page.locator(`button[name=person][value="${person}"], form:has(input[name=person][value="${person}"]) button`).first().click();
  await page.waitForURL((u) => u.pathname !== '/demo');
}
