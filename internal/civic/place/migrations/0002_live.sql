-- What is still open, by place: few points even in a city of millions. It holds
-- all columns, or SQLite would rather walk the table.
CREATE INDEX place_point_live ON place_point (city_id, layer, qk, id, lat, lon, state, facet, created) WHERE state IN ('open', 'work');
