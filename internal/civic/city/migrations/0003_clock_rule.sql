CREATE TABLE city_clock_rule (
    city_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    step TEXT NOT NULL,
    term BIGINT NOT NULL,
    unit TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    basis TEXT NOT NULL,
    law BOOLEAN NOT NULL,
    PRIMARY KEY (city_id, code)
);
-- Cities founded before terms were data get those of Kyrgyzstan, as the seed has them.
INSERT INTO city_clock_rule (city_id, code, kind, step, term, unit, valid_from, valid_until, basis, law)
    SELECT city_id, 'appeal-register-1', 'appeal', 'register', 1, 'working_days', '2007-05-04', '', '{"ky": "Жарандардын кайрылууларын кароо жөнүндө 2007-жылдын 4-майындагы № 67 мыйзам. Толук тексти окулган эмес, юрист текшериши керек.", "ru": "Закон № 67 от 4 мая 2007 года о порядке рассмотрения обращений граждан. Полный текст не прочитан, должен проверить юрист.", "en": "Law no. 67 of 4 May 2007 on considering citizens'' appeals. The full text was not read and is to be checked by a lawyer."}', TRUE FROM city WHERE country = 'KG';
INSERT INTO city_clock_rule (city_id, code, kind, step, term, unit, valid_from, valid_until, basis, law)
    SELECT city_id, 'appeal-14', 'appeal', 'consider', 14, 'working_days', '2007-05-04', '', '{"ky": "Жарандардын кайрылууларын кароо жөнүндө 2007-жылдын 4-майындагы № 67 мыйзам. Толук тексти окулган эмес, юрист текшериши керек.", "ru": "Закон № 67 от 4 мая 2007 года о порядке рассмотрения обращений граждан. Полный текст не прочитан, должен проверить юрист.", "en": "Law no. 67 of 4 May 2007 on considering citizens'' appeals. The full text was not read and is to be checked by a lawyer."}', TRUE FROM city WHERE country = 'KG';
INSERT INTO city_clock_rule (city_id, code, kind, step, term, unit, valid_from, valid_until, basis, law)
    SELECT city_id, 'appeal-extend-10', 'appeal', 'extend', 10, 'working_days', '2007-05-04', '', '{"ky": "Беренени юрист толтурат.", "ru": "Статью заполнит юрист.", "en": "The article is to be filled in by a lawyer."}', FALSE FROM city WHERE country = 'KG';
