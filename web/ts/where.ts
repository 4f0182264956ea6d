// The place of a new report: the telephone's own, a suggestion while the
// street is typed, or a point on the map.
import { script } from './parts';

interface Place {
  name: string;
  lat: number;
  lon: number;
}

type MapScript = { choose(box: HTMLElement, el: HTMLElement, chosen: (lat: number, lon: number) => void): (lat: number, lon: number) => void };

async function json<T>(address: string): Promise<T | null> {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? ((await answer.json()) as T) : null;
}

export function where(el: HTMLElement): void {
  const form = el.closest('form');
  const here = el.querySelector<HTMLButtonElement>('[data-do=here]');
  const open = el.querySelector<HTMLButtonElement>('[data-do=map]');
  const say = el.querySelector<HTMLElement>('[role=status]');
  if (!form || !here || !say) return;
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const address = field('address');
  let point: ((lat: number, lon: number) => void) | undefined;

  const put = (lat: number, lon: number) => {
    field('lat').value = lat.toFixed(6);
    field('lon').value = lon.toFixed(6);
    point?.(lat, lon);
  };
  const choose = async (lat: number, lon: number) => {
    put(lat, lon);
    const found = await json<{ address: string }>(`${el.dataset.name}?lat=${lat}&lon=${lon}`);
    if (found?.address) address.value = found.address;
    say.textContent = `${el.dataset.chosen}: ${found?.address || lat.toFixed(5) + ', ' + lon.toFixed(5)}`;
  };
  here.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(
      (p) => void choose(p.coords.latitude, p.coords.longitude),
      () => (say.textContent = el.dataset.denied ?? ''),
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });
  open?.addEventListener('click', async () => {
    open.remove();
    const box = document.createElement('div');
    box.className = 'map';
    el.append(box);
    const map = await script<MapScript>(MAP_SCRIPT);
    point = map.choose(box, el, (lat, lon) => void choose(lat, lon));
    if (field('lat').value) point(Number(field('lat').value), Number(field('lon').value));
  });

  // Suggestions while typing; without them the next step asks which one is meant.
  const list = document.createElement('datalist');
  list.id = 'places';
  address.after(list);
  address.setAttribute('list', list.id);
  let places: Place[] = [];
  let timer = 0;
  address.addEventListener('input', () => {
    const known = places.find((p) => p.name === address.value);
    if (known) {
      put(known.lat, known.lon);
      say.textContent = `${el.dataset.chosen}: ${known.name}`;
      return;
    }
    // Typing another place takes the chosen point back.
    field('lat').value = '';
    field('lon').value = '';
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      if (address.value.trim().length < 3) return;
      places = (await json<Place[]>(`${el.dataset.search}?q=${encodeURIComponent(address.value)}`)) ?? [];
      list.replaceChildren(...places.map((p) => new Option(p.name, p.name)));
    }, 250);
  });
}
