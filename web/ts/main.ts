// The script of every page. It only helps: each page does its job without it.
// An element says with data-island what it wants; what is large comes in a
// script of its own when an element wants it.
import { ballot } from './ballot';
import { draft, drafts, settle } from './draft';
import { passkey } from './passkey';
import { photos } from './photos';
import { button, script } from './parts';
import { where } from './where';

type Island = (el: HTMLElement) => void;

const lazy = (address: string): Island => (el) => {
  void script<{ default: Island }>(address).then((m) => m.default(el));
};

// A map comes when it is seen. On a telephone it comes when it is asked for:
// its script costs a cheap one seconds and a slow line half a minute.
const map: Island = (el) => {
  const show = () => {
    el.classList.remove('map--asked');
    el.replaceChildren();
    lazy(MAP_SCRIPT)(el);
  };
  if (matchMedia('(max-width: 47.99rem)').matches) {
    el.querySelector('button')?.addEventListener('click', show);
    return;
  }
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    seen.disconnect();
    show();
  });
  seen.observe(el);
};

// A line or an area is drawn when somebody wants to; it can be typed as well.
const sketch: Island = (el) => {
  const open = el.querySelector('button');
  open?.addEventListener('click', async () => {
    const box = document.createElement('div');
    box.className = 'map';
    open.replaceWith(box);
    const map = await script<{ draw(box: HTMLElement, el: HTMLElement): void }>(MAP_SCRIPT);
    map.draw(box, el);
  });
};

const share: Island = (el) => {
  const b = button(el.dataset.text ?? '');
  b.addEventListener('click', async () => {
    const url = el.dataset.url ?? location.href;
    if (navigator.share) {
      await navigator.share({ title: el.dataset.title, url }).catch(() => undefined);
      return;
    }
    await navigator.clipboard.writeText(url);
    b.textContent = el.dataset.copied ?? '';
  });
  el.append(b);
};

// Filters apply themselves; the button stays for those without a script.
const autosubmit: Island = (el) => {
  const form = el as HTMLFormElement;
  form.addEventListener('change', (e) => {
    if (e.target instanceof HTMLSelectElement) form.requestSubmit();
  });
};

// balance says below the fields of the simulator how far they are from nought.
const balance: Island = (el) => {
  const out = el.querySelector('[role=status]');
  el.addEventListener('input', () => {
    let n = 0;
    for (const field of el.querySelectorAll<HTMLInputElement>('input[type=number]')) n += Number(field.value) || 0;
    const text = (n > 0 ? el.dataset.over : n < 0 ? el.dataset.left : el.dataset.even) ?? '';
    if (out) out.textContent = text.replace('{n}', Math.abs(n).toLocaleString(document.documentElement.lang));
  });
};

const locate: Island = (el) => {
  const form = el as HTMLFormElement;
  const b = button(el.dataset.text ?? '', 'govuk-button');
  b.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(
      (p) => {
        (form.elements.namedItem('lat') as HTMLInputElement).value = p.coords.latitude.toFixed(6);
        (form.elements.namedItem('lon') as HTMLInputElement).value = p.coords.longitude.toFixed(6);
        form.submit();
      },
      () => {
        b.textContent = el.dataset.denied ?? '';
      },
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });
  form.prepend(b);
};

// A prepared answer goes into the text field, where it is edited before sending.
const templates: Island = (el) => {
  const target = document.getElementById(el.dataset.target ?? '') as HTMLTextAreaElement | null;
  const list = el.querySelector('select');
  el.querySelector('button')?.addEventListener('click', (e) => {
    e.preventDefault();
    const text = list?.selectedOptions[0]?.dataset.text;
    if (!target || !text) return;
    target.value = text;
    target.focus();
  });
};

// Keys of the inbox: j and k move, x chooses, Enter opens.
const inbox: Island = (el) => {
  const rows = [...el.querySelectorAll<HTMLElement>('.inbox__row')];
  const boxes = [...el.querySelectorAll<HTMLInputElement>('input.inbox__check')];
  if (boxes.length > 1) {
    const all = button(el.dataset.all ?? '');
    all.addEventListener('click', () => {
      const on = boxes.some((b) => !b.checked);
      for (const b of boxes) b.checked = on;
    });
    el.prepend(all);
  }
  let at = -1;
  const move = (to: number) => {
    rows[at]?.classList.remove('inbox__row--current');
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at]?.classList.add('inbox__row--current');
    rows[at]?.querySelector<HTMLElement>('.inbox__link')?.focus();
  };
  document.addEventListener('keydown', (e) => {
    const t = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey || t.matches('input:not([type=checkbox]), textarea, select')) return;
    if (e.key === 'j') move(at + 1);
    else if (e.key === 'k') move(at - 1);
    else if (e.key === 'x' && at >= 0) {
      const box = rows[at].querySelector<HTMLInputElement>('.inbox__check');
      if (box) box.checked = !box.checked;
    }
  });
};

// Similar reports are looked up again while the words are typed.
const similar: Island = (el) => {
  const form = el.closest('form');
  const text = form?.querySelector<HTMLTextAreaElement>('textarea[name=text]');
  if (!form || !text) return;
  let timer = 0;
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const data = new FormData(form);
      const q = new URLSearchParams();
      for (const name of ['lat', 'lon', 'category', 'text']) q.set(name, String(data.get(name) ?? ''));
      if (!q.get('lat')) return;
      const answer = await fetch(el.dataset.url ?? '', { method: 'POST', body: q }).catch(() => null);
      if (answer?.ok) el.innerHTML = await answer.text();
    }, 900);
  });
};

const push: Island = (el) => {
  if (!('PushManager' in window) || !navigator.serviceWorker) return;
  const b = button(el.dataset.text ?? '');
  b.addEventListener('click', async () => {
    const worker = await navigator.serviceWorker.ready;
    const key = Uint8Array.from(atob((el.dataset.key ?? '').replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const sub = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }).catch(() => null);
    if (!sub) return;
    const answer = await fetch('/account/push', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(sub) });
    if (answer.ok) b.textContent = el.dataset.done ?? '';
  });
  el.append(b);
};

const islands: Record<string, Island> = {
  ballot,
  share,
  sketch,
  autosubmit,
  balance,
  locate,
  templates,
  inbox,
  similar,
  push,
  passkey: (el) => passkey(el, button(el.dataset.text ?? '')),
  photos,
  draft,
  drafts,
  map,
  where,
  blur: lazy(BLUR_SCRIPT),
  desk: lazy(DESK_SCRIPT),
  myvote: lazy(MYVOTE_SCRIPT),
};

document.documentElement.classList.add('js');
settle();
for (const el of document.querySelectorAll<HTMLElement>('[data-island]')) {
  islands[el.dataset.island ?? '']?.(el);
}
document.querySelector<HTMLElement>('[data-focus]')?.focus();
if ('serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/sw.js');
}
