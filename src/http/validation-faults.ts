import type { $ZodIssue } from 'zod/v4/core';

export type InputPart = 'body' | 'query' | 'path' | 'header';

interface Fault {
  readonly msg: string;
  readonly type: string;
}

const fault = (type: string, msg: string): Fault => ({ type, msg });

/** pydantic 2's type names and words. */
const wrongTypes: Readonly<Record<string, Fault>> = {
  string: fault('string_type', 'Input should be a valid string'),
  number: fault('float_type', 'Input should be a valid number'),
  int: fault('int_type', 'Input should be a valid integer'),
  bigint: fault('int_type', 'Input should be a valid integer'),
  boolean: fault('bool_type', 'Input should be a valid boolean'),
  object: fault('dict_type', 'Input should be a valid dictionary'),
  record: fault('dict_type', 'Input should be a valid dictionary'),
  array: fault('list_type', 'Input should be a valid list'),
  tuple: fault('tuple_type', 'Input should be a valid tuple'),
  null: fault('none_required', 'Input should be None'),
  date: fault('datetime_type', 'Input should be a valid datetime'),
};

/** Numbers in a query or a path are whole ones: pages, limits, ids. */
const unparsableInteger = fault(
  'int_parsing',
  'Input should be a valid integer, unable to parse string as an integer',
);

const unparsable: Readonly<Record<string, Fault>> = {
  int: unparsableInteger,
  number: unparsableInteger,
  boolean: fault('bool_parsing', 'Input should be a valid boolean, unable to interpret input'),
};

const badFormats: Readonly<Record<string, Fault>> = {
  uuid: fault('uuid_parsing', 'Input should be a valid UUID'),
  guid: fault('uuid_parsing', 'Input should be a valid UUID'),
  email: fault('value_error', 'value is not a valid email address'),
  url: fault('url_parsing', 'Input should be a valid URL'),
  datetime: fault('datetime_parsing', 'Input should be a valid datetime'),
  date: fault('date_parsing', 'Input should be a valid date'),
  regex: fault('string_pattern_mismatch', 'String should match the pattern'),
};

const missing = fault('missing', 'Field required');
const notValid = fault('value_error', 'Value error, input is not valid');

function wrongType(expected: string, value: unknown, part: InputPart): Fault {
  if (part !== 'body' && typeof value === 'string' && unparsable[expected] !== undefined)
    return unparsable[expected];
  if (expected === 'int' && typeof value === 'number') {
    return fault('int_from_float', 'Input should be a valid integer, got a number with a fractional part');
  }
  return wrongTypes[expected] ?? notValid;
}

const items = (count: number | bigint, noun: string): string =>
  `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;

function outOfBounds(
  origin: string,
  bound: number | bigint,
  inclusive: boolean,
  side: 'least' | 'most',
): Fault {
  const small = side === 'least';
  if (origin === 'string') {
    return fault(
      `string_too_${small ? 'short' : 'long'}`,
      `String should have at ${side} ${items(bound, 'character')}`,
    );
  }
  if (origin === 'array' || origin === 'set' || origin === 'map') {
    return fault(
      `too_${small ? 'short' : 'long'}`,
      `List should have at ${side} ${items(bound, 'item')} after validation`,
    );
  }
  const comparison = small ? 'greater than' : 'less than';
  const type = `${small ? 'greater' : 'less'}_than${inclusive ? '_equal' : ''}`;
  return fault(type, `Input should be ${comparison}${inclusive ? ' or equal to' : ''} ${bound}`);
}

function notOneOf(values: readonly unknown[]): Fault {
  const words = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const last = words.pop() ?? '';
  return fault(
    'literal_error',
    `Input should be ${words.length === 0 ? last : `${words.join(', ')} or ${last}`}`,
  );
}

/** What a schema's author wrote in place of zod's own words. */
const authored = (message: string): string | undefined =>
  /^(?:Invalid|Too (?:small|big)|Unrecognized)\b/.test(message) ? undefined : message;

function customFault(issue: Extract<$ZodIssue, { code: 'custom' }>): Fault {
  const named: unknown = issue.params?.['type'];
  const type = typeof named === 'string' ? named : 'value_error';
  return fault(type, authored(issue.message) ?? notValid.msg);
}

function standardFault(issue: $ZodIssue, value: unknown, part: InputPart): Fault {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value, part);
    case 'too_small':
      return outOfBounds(issue.origin, issue.minimum, issue.inclusive !== false, 'least');
    case 'too_big':
      return outOfBounds(issue.origin, issue.maximum, issue.inclusive !== false, 'most');
    case 'invalid_format':
      return badFormats[issue.format] ?? notValid;
    case 'invalid_value':
      return notOneOf(issue.values);
    case 'not_multiple_of':
      return fault('multiple_of', `Input should be a multiple of ${issue.divisor}`);
    case 'custom':
      return customFault(issue);
    default:
      return notValid;
  }
}

/** One issue in pydantic's terms: absent is `missing`, whatever was expected; an author's own words are kept. */
export function faultOf(issue: $ZodIssue, value: unknown, part: InputPart): Fault {
  if (value === undefined && issue.code !== 'custom') return missing;
  const standard = standardFault(issue, value, part);
  return { type: standard.type, msg: authored(issue.message) ?? standard.msg };
}
