// A line or an area is drawn by its corners: a tap on the map adds one, and so
// does the button for the middle of the map, which needs no pointer. The field
// below holds what was drawn, a corner a line, and can be typed in as well.
import type { GeoJSONSource, LngLatLike, Map as Ground } from 'maplibre-gl';
import { button } from './parts';

type Corner = [lat: number, lon: number];

const colour = '#0b5d66';

// read takes the corners out of the field, null when it holds something else.
function read(text: string): Corner[] | null {
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  const corners = lines.map((l) => l.split(/[\s;,]+/).filter((p) => p !== '').map(Number));
  return corners.every((c) => c.length === 2 && c.every((n) => Number.isFinite(n))) ? (corners as Corner[]) : null;
}

const radius = 6371008.8; // metres
const rad = (degrees: number) => (degrees * Math.PI) / 180;

function length(corners: Corner[]): number {
  return corners.slice(1).reduce((sum, [lat, lon], i) => {
    const [lat0, lon0] = corners[i];
    const mean = Math.cos(rad((lat + lat0) / 2));
    return sum + radius * Math.hypot(rad(lat - lat0), rad(lon - lon0) * mean);
  }, 0);
}

function size(ring: Corner[]): number {
  const sum = ring.reduce((s, [lat, lon], i) => {
    const [lat1, lon1] = ring[(i + 1) % ring.length];
    return s + rad(lon1 - lon) * (2 + Math.sin(rad(lat)) + Math.sin(rad(lat1)));
  }, 0);
  return Math.abs((sum * radius * radius) / 2);
}

export function sketch(map: Ground, el: HTMLElement): void {
  const form = el.closest('form');
  const field = form?.querySelector<HTMLTextAreaElement>('textarea[name=shape]');
  const kinds = form ? [...form.querySelectorAll<HTMLInputElement>('input[name=shape_kind]')] : [];
  if (!form || !field) return;
  const say = document.createElement('p');
  say.className = 'sketch__say';
  say.setAttribute('role', 'status');
  const add = button(el.dataset.add ?? '');
  const undo = button(el.dataset.undo ?? '');
  const clear = button(el.dataset.clear ?? '');
  const finish = button(el.dataset.finish ?? '', 'govuk-button');
  const bar = document.createElement('div');
  bar.className = 'sketch__bar';
  bar.append(add, undo, clear, finish);
  el.append(say, bar);
  const cross = document.createElement('span');
  cross.className = 'sketch__cross';
  map.getContainer().append(cross);

  // Not every browser knows how Kyrgyz writes numbers: as Russian does.
  const number = (n: number, digits: number) => n.toLocaleString([document.documentElement.lang, 'ru'], { maximumFractionDigits: digits });
  const unit = (name: string, n: number, digits: number) => (el.dataset[name] ?? '').replace('{n}', number(n, digits));
  const area = () => kinds.find((k) => k.checked)?.value === 'area';
  const before: string[] = [];
  let done = false;

  const measure = (corners: Corner[]): string => {
    if (!area()) {
      const m = length(corners);
      return m < 1000 ? unit('metres', m, 0) : unit('kilometres', m / 1000, 1);
    }
    const m = size(corners);
    return m < 10000 ? unit('square', m, 0) : unit('hectares', m / 10000, 1);
  };
  const word = (corners: Corner[] | null): string => {
    if (!corners) return el.dataset.file ?? '';
    if (corners.length < (area() ? 3 : 2)) return (corners.length ? el.dataset.more : el.dataset.start) ?? '';
    const text = `${(el.dataset.corners ?? '').replace('{n}', number(corners.length, 0))} · ${measure(corners)}`;
    return done ? `${el.dataset.done} ${text}` : text;
  };
  const show = () => {
    const corners = read(field.value);
    const all = (corners ?? []).map(([lat, lon]) => [lon, lat]);
    const whole = area() && all.length > 2;
    const shape = whole ? { type: 'Polygon', coordinates: [[...all, all[0]]] } : { type: 'LineString', coordinates: all };
    const data = {
      type: 'FeatureCollection',
      features: [...(all.length > 1 ? [shape] : []), ...all.map((c) => ({ type: 'Point', coordinates: c }))].map((geometry) => ({ type: 'Feature', properties: {}, geometry })),
    };
    (map.getSource('drawn') as GeoJSONSource | undefined)?.setData(data as never);
    say.textContent = word(corners);
    cross.hidden = done || !corners;
    add.hidden = cross.hidden;
    add.disabled = cross.hidden || (corners?.length ?? 0) >= Number(el.dataset.max);
    finish.disabled = !done && (!corners || corners.length < (area() ? 3 : 2));
    finish.textContent = (done ? el.dataset.on : el.dataset.finish) ?? '';
  };
  const put = (text: string) => {
    before.push(field.value);
    field.value = text;
    show();
  };
  const corner = (lat: number, lon: number) => {
    if (add.disabled) return; // done, full, or the field holds something else
    put(`${field.value.trimEnd()}\n${lat.toFixed(6)}, ${lon.toFixed(6)}\n`.trimStart());
  };
  const middle = () => corner(map.getCenter().lat, map.getCenter().lng);
  const back = () => {
    const last = before.pop();
    done = false;
    field.value = last ?? field.value.trimEnd().split('\n').slice(0, -1).join('\n');
    show();
  };

  map.on('load', () => {
    map.addSource('drawn', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    map.addLayer({ id: 'drawn-area', type: 'fill', source: 'drawn', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': 0.25 } });
    map.addLayer({ id: 'drawn-case', type: 'line', source: 'drawn', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': '#ffffff', 'line-width': 7 } });
    map.addLayer({ id: 'drawn-line', type: 'line', source: 'drawn', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour, 'line-width': 4 } });
    map.addLayer({ id: 'drawn-corner', type: 'circle', source: 'drawn', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-color': '#ffffff', 'circle-radius': 6, 'circle-stroke-color': colour, 'circle-stroke-width': 3 } });
    show();
  });
  map.on('click', (e) => corner(e.lngLat.lat, e.lngLat.lng));
  map.getCanvas().addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' && e.key !== 'Backspace') return;
    e.preventDefault();
    if (e.key === 'Enter') middle();
    else back();
  });
  add.addEventListener('click', middle);
  undo.addEventListener('click', back);
  clear.addEventListener('click', () => {
    done = false;
    put('');
  });
  finish.addEventListener('click', () => {
    done = !done;
    show();
  });
  field.addEventListener('input', show);
  for (const k of kinds) k.addEventListener('change', show);

  const known = read(field.value) ?? [];
  const value = (name: string) => Number((form.elements.namedItem(name) as HTMLInputElement | null)?.value);
  if (known.length > 1) {
    const lats = known.map((c) => c[0]);
    const lons = known.map((c) => c[1]);
    map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 40, maxZoom: 16, animate: false });
  } else if (value('lat') && value('lon')) {
    map.jumpTo({ center: [value('lon'), value('lat')] as LngLatLike, zoom: 15 });
  }
  show();
}
