// The map: quiet ground from the city's own layers, circles with counts, one
// colour a state. The list beside it is its equal: selecting in one selects in
// the other.
import * as maplibregl from 'maplibre-gl';
import type { ExpressionSpecification, StyleSpecification } from 'maplibre-gl';
import { sketch } from './sketch';

maplibregl.setWorkerUrl(MAP_WORKER);

const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const ink = dark
  ? { ground: '#1c232b', water: '#23424a', park: '#203527', street: '#39434d', line: '#56616c', text: '#eceae4' }
  : { ground: '#f3f0e9', water: '#b9dbe0', park: '#d9e8d3', street: '#ffffff', line: '#b9b2a4', text: '#1c2430' };
const state = { open: '#b4550f', work: '#0b5d66', fixed: '#1b6136', closed: '#5b6470' };
type State = keyof typeof state;
const all = Object.keys(state) as State[];

// shown are the states that a map is asked for; without a word all of them.
function shown(el: HTMLElement): State[] {
  const asked = (el.dataset.states ?? '').split(' ');
  const some = all.filter((s) => asked.includes(s));
  return some.length > 0 ? some : all;
}

const count = (of: string): ExpressionSpecification => ['coalesce', ['get', of], 0];
const sum = (states: State[]): ExpressionSpecification => ['+', 0, ...states.map(count)] as ExpressionSpecification;

// most tells that no other state has more reports in a circle. What waits wins
// a draw; fixed loses it, so that a circle never looks better than it is.
function most(name: State, states: State[]): ExpressionSpecification {
  if (!states.includes(name)) return ['literal', false] as unknown as ExpressionSpecification;
  const others = ['max', 0, ...states.filter((s) => s !== name).map(count)] as ExpressionSpecification;
  return [name === 'fixed' ? '>' : '>=', count(name), others] as ExpressionSpecification;
}

function ground(kind: (...k: string[]) => never): StyleSpecification['layers'] {
  return [
    { id: 'ground', type: 'background', paint: { 'background-color': ink.ground } },
    { id: 'park', type: 'fill', source: 'base', filter: kind('park'), paint: { 'fill-color': ink.park } },
    { id: 'water', type: 'line', source: 'base', filter: kind('river', 'canal'), paint: { 'line-color': ink.water, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1.5, 16, 7] } },
    { id: 'street', type: 'line', source: 'base', filter: kind('street'), layout: { 'line-cap': 'round' }, paint: { 'line-color': ink.street, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1.5, 16, 9] } },
    { id: 'rail', type: 'line', source: 'base', filter: kind('railway'), paint: { 'line-color': ink.line, 'line-dasharray': [3, 2] } },
    { id: 'edges', type: 'line', source: 'base', filter: kind('boundary', 'district'), paint: { 'line-color': ink.line, 'line-width': 1.2, 'line-dasharray': [4, 3] } },
  ];
}

function style(el: HTMLElement): StyleSpecification {
  const here = location.origin;
  const states = shown(el);
  const kind = (...k: string[]) => ['in', ['get', 'kind'], ['literal', k]] as never;
  const shape = (...k: string[]) => ['in', ['geometry-type'], ['literal', k]] as never;
  // What lies over the ground in place of reports: streets, places and districts of a GeoJSON.
  if (el.dataset.over) {
    return {
      version: 8,
      sources: { base: { type: 'geojson', data: here + (el.dataset.base ?? '') }, over: { type: 'geojson', data: here + el.dataset.over } },
      layers: [
        ...ground(kind),
        { id: 'over-area', type: 'fill', source: 'over', filter: shape('Polygon', 'MultiPolygon'), paint: { 'fill-color': state.open, 'fill-opacity': 0.2 } },
        { id: 'over-case', type: 'line', source: 'over', filter: shape('LineString', 'MultiLineString', 'Polygon', 'MultiPolygon'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': ink.ground, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 6, 16, 13] } },
        { id: 'over-edge', type: 'line', source: 'over', filter: shape('Polygon', 'MultiPolygon'), layout: { 'line-join': 'round' }, paint: { 'line-color': state.open, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 2.5, 16, 4] } },
        { id: 'over-line', type: 'line', source: 'over', filter: shape('LineString', 'MultiLineString'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': state.open, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 3, 16, 9] } },
        { id: 'over-point', type: 'circle', source: 'over', filter: shape('Point'), paint: { 'circle-color': state.open, 'circle-radius': 8, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 } },
      ],
    };
  }
  // What is drawn needs the ground alone.
  if (!el.dataset.tiles) {
    return { version: 8, sources: { base: { type: 'geojson', data: here + (el.dataset.base ?? '') } }, layers: ground(kind) };
  }
  return {
    version: 8,
    sources: {
      base: { type: 'geojson', data: here + (el.dataset.base ?? '') },
      reports: { type: 'vector', tiles: [here + (el.dataset.tiles ?? '')], minzoom: 0, maxzoom: 18 },
    },
    layers: [
      ...ground(kind),
      {
        id: 'clusters', type: 'circle', source: 'reports', 'source-layer': 'clusters', filter: ['>', sum(states), 0] as never,
        paint: {
          'circle-color': ['case', most('open', states), state.open, most('work', states), state.work, most('fixed', states), state.fixed, state.closed],
          'circle-radius': ['interpolate', ['linear'], ['log10', sum(states)], 0, 6, 1, 11, 2, 16, 3, 22, 5, 32],
          'circle-stroke-color': dark ? '#14191f' : '#ffffff', 'circle-stroke-width': 1.5,
        },
      },
      {
        id: 'points', type: 'circle', source: 'reports', 'source-layer': 'points', filter: ['in', ['get', 'state'], ['literal', states]] as never,
        paint: {
          'circle-color': ['match', ['get', 'state'], 'open', state.open, 'work', state.work, 'fixed', state.fixed, state.closed],
          'circle-radius': ['case', ['boolean', ['feature-state', 'near'], false], 12, 8],
          'circle-stroke-color': ['case', ['boolean', ['feature-state', 'near'], false], ink.text, '#ffffff'], 'circle-stroke-width': ['case', ['boolean', ['feature-state', 'near'], false], 4, 2],
        },
      },
    ],
  };
}

// Counts are HTML over the circles: the typeface is the page's, no glyph files.
function counts(map: maplibregl.Map, states: State[]): void {
  let marks: maplibregl.Marker[] = [];
  map.on('idle', () => {
    for (const m of marks) m.remove();
    marks = [];
    for (const f of map.queryRenderedFeatures({ layers: ['clusters'] })) {
      const n = states.reduce((total, s) => total + Number(f.properties[s] ?? 0), 0);
      if (n < 2 || f.geometry.type !== 'Point') continue;
      const el = document.createElement('span');
      el.className = 'map-count';
      el.textContent = n >= 10000 ? `${Math.round(n / 1000)}k` : String(n);
      marks.push(new maplibregl.Marker({ element: el }).setLngLat(f.geometry.coordinates as [number, number]).addTo(map));
    }
  });
}

interface Shape {
  geometry: { coordinates: unknown[] };
  properties: Record<string, unknown> | null;
}

// over reads what lies over the ground, for what the style cannot do with it.
async function over(map: maplibregl.Map, el: HTMLElement, address: string): Promise<void> {
  const all = (await (await fetch(address)).json()) as { features: Shape[] } | Shape;
  const shapes = 'features' in all ? all.features : [all];
  if (el.dataset.link) names(map, el, shapes);
  if (el.dataset.fit) fit(map, shapes);
}

// names marks the places that have a number in a list by it, and leads to it there.
function names(map: maplibregl.Map, el: HTMLElement, all: Shape[]): void {
  for (const f of all) {
    const code = String(f.properties?.code ?? '');
    const at = (f.properties?.at as [number, number] | undefined) ?? middle(f.geometry.coordinates);
    if (!code || !at) continue;
    const a = document.createElement('a');
    a.className = 'map-name';
    a.textContent = code;
    a.title = String(f.properties?.title ?? '');
    const row = `project-${code}`;
    a.href = document.getElementById(row) ? `#${row}` : el.dataset.link + code;
    new maplibregl.Marker({ element: a }).setLngLat(at).addTo(map);
  }
}

// fit shows all places of a map, and not nearer than a street.
function fit(map: maplibregl.Map, all: Shape[]): void {
  const box = new maplibregl.LngLatBounds();
  for (const f of all) {
    const flat = f.geometry.coordinates.flat(Infinity) as number[];
    for (let i = 0; i < flat.length; i += 2) box.extend([flat[i], flat[i + 1]]);
  }
  if (!box.isEmpty()) map.fitBounds(box, { padding: 40, maxZoom: 15, animate: false });
}

// middle is the middle of all points of a geometry.
function middle(coordinates: unknown[]): [number, number] | undefined {
  const flat = coordinates.flat(Infinity) as number[];
  const n = flat.length / 2;
  if (n === 0) return undefined;
  return [flat.reduce((s, x, i) => s + (i % 2 ? 0 : x), 0) / n, flat.reduce((s, x, i) => s + (i % 2 ? x : 0), 0) / n];
}

function load(): void {
  if (document.querySelector(`link[href="${MAP_STYLE}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = MAP_STYLE;
  document.head.append(link);
}

function create(box: HTMLElement, el: HTMLElement): maplibregl.Map {
  load();
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', el.dataset.label ?? '');
  const map = new maplibregl.Map({
    container: box, style: style(el), center: [Number(el.dataset.lon), Number(el.dataset.lat)], zoom: Number(el.dataset.zoom ?? 12),
    attributionControl: false, maxZoom: 19, cooperativeGestures: false,
    locale: el.dataset.zoomIn ? { 'NavigationControl.ZoomIn': el.dataset.zoomIn, 'NavigationControl.ZoomOut': el.dataset.zoomOut ?? '' } : {},
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'top-right');
  map.on('idle', () => box.setAttribute('data-idle', '1'));
  return map;
}

function browse(el: HTMLElement): void {
  const map = create(el, el);
  if (el.dataset.over) {
    if (el.dataset.link || el.dataset.fit) void over(map, el, el.dataset.over);
    return;
  }
  counts(map, shown(el));
  if (el.dataset.single) {
    new maplibregl.Marker({ color: '#0b5d66' }).setLngLat([Number(el.dataset.lon), Number(el.dataset.lat)]).addTo(map);
    return;
  }
  map.on('click', 'points', (e) => {
    const id = e.features?.[0]?.id;
    const card = document.querySelector<HTMLElement>(`.card[data-id="${id}"]`);
    if (!card) {
      location.href = `${el.dataset.open ?? '/r/'}${id}`;
      return;
    }
    document.querySelector('.card--current')?.classList.remove('card--current');
    card.classList.add('card--current');
    card.scrollIntoView({ block: 'center', behavior: 'smooth' });
    card.querySelector('a')?.focus();
  });
  // From the list to the map: the place of the card that is pointed at has a ring.
  let ring = '';
  const point = (id: string) => {
    if (id === ring) return;
    if (ring) map.setFeatureState({ source: 'reports', sourceLayer: 'points', id: ring }, { near: false });
    ring = id;
    if (ring) map.setFeatureState({ source: 'reports', sourceLayer: 'points', id: ring }, { near: true });
  };
  for (const kind of ['pointerover', 'focusin']) {
    document.addEventListener(kind, (e) => {
      const card = e.target instanceof Element ? e.target.closest<HTMLElement>('.card[data-id]') : null;
      if (card) point(card.dataset.id ?? '');
    });
  }
  map.on('click', 'clusters', (e) => map.easeTo({ center: e.lngLat, zoom: map.getZoom() + 2 }));
}

// choose lets a person point at a place. It returns the way to show one.
export function choose(box: HTMLElement, el: HTMLElement, chosen: (lat: number, lon: number) => void): (lat: number, lon: number) => void {
  const map = create(box, el);
  counts(map, shown(el));
  map.on('click', (e) => chosen(e.lngLat.lat, e.lngLat.lng));
  let marker: maplibregl.Marker | undefined;
  return (lat, lon) => {
    if (!marker) {
      const made = new maplibregl.Marker({ color: '#0b5d66', draggable: true }).setLngLat([lon, lat]).addTo(map);
      made.on('dragend', () => chosen(made.getLngLat().lat, made.getLngLat().lng));
      marker = made;
    }
    marker.setLngLat([lon, lat]);
    map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15) });
  };
}

// draw lets a person draw a line or an area.
export function draw(box: HTMLElement, el: HTMLElement): void {
  sketch(create(box, el), el);
}

export default browse;
