// Class names are govuk-frontend's and follow its block__element--modifier.
export default {
  extends: 'stylelint-config-standard-scss',
  rules: {
    // Older phones do not know the range notation.
    'media-feature-range-notation': 'prefix',
    'selector-class-pattern': [
      '^[a-z][a-z0-9]*(-[a-z0-9]+)*(__[a-z0-9]+(-[a-z0-9]+)*)?(--[a-z0-9]+([-_][a-z0-9]+)*)?$',
      { message: 'Name a class block__element--modifier' },
    ],
  },
};
