-- Names that people know places by: the gazetteer of a city.
CREATE TABLE place_name (
  city_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('district', 'microdistrict', 'landmark', 'street', 'address')),
  ky TEXT NOT NULL,
  ru TEXT NOT NULL,
  en TEXT NOT NULL,
  aliases TEXT NOT NULL,
  lat DOUBLE PRECISION,
  lon DOUBLE PRECISION,
  line TEXT NOT NULL,
  PRIMARY KEY (city_id, id)
);

-- Boundary, districts and other uploaded polygons, each with its dates of validity.
CREATE TABLE place_area (
  city_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  valid_from BIGINT NOT NULL,
  valid_until BIGINT,
  names TEXT NOT NULL,
  geometry TEXT NOT NULL,
  approximate BOOLEAN NOT NULL,
  PRIMARY KEY (city_id, kind, code, valid_from)
);

-- One number for each city and subject, raised by every write, so that all nodes see a change.
CREATE TABLE place_version (
  city_id BIGINT NOT NULL,
  subject TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (city_id, subject)
);

-- The points of every map layer, ordered by quadkey: a tile is one range.
CREATE TABLE place_point (
  city_id BIGINT NOT NULL,
  layer TEXT NOT NULL,
  qk BIGINT NOT NULL,
  id BIGINT NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  state TEXT NOT NULL,
  facet TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (city_id, layer, qk, id)
)
-- +sqlite
WITHOUT ROWID
-- +end
;

CREATE UNIQUE INDEX place_point_id ON place_point (city_id, layer, id);

-- What the last second's writes change in place_cell. Written beside the point, so that two people
-- reporting in one quarter never wait for one counter.
CREATE TABLE place_delta (
  city_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  layer TEXT NOT NULL,
  qk BIGINT NOT NULL,
  facet TEXT NOT NULL,
  state TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (city_id, id)
);

-- How many points lie in each square of each level; facet '' counts all. sum_x and sum_y are the
-- points' offsets inside the square, from which a cluster gets its middle.
CREATE TABLE place_cell (
  city_id BIGINT NOT NULL,
  layer TEXT NOT NULL,
  facet TEXT NOT NULL,
  level BIGINT NOT NULL,
  cell BIGINT NOT NULL,
  n BIGINT NOT NULL,
  n_open BIGINT NOT NULL,
  n_work BIGINT NOT NULL,
  n_fixed BIGINT NOT NULL,
  n_closed BIGINT NOT NULL,
  sum_x BIGINT NOT NULL,
  sum_y BIGINT NOT NULL,
  PRIMARY KEY (city_id, layer, facet, level, cell)
)
-- +sqlite
WITHOUT ROWID
-- +end
;
