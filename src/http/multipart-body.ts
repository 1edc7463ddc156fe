import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { FieldCollector, type FormFields, invalidForm, maxFields } from './form-fields.js';
import { decodeUtf8 } from './json-body.js';

const malformed = (): Error => invalidForm('Malformed multipart body');

function openBusboy(contentType: string, bodyLength: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // One above what is taken, so that too many fields are seen and refused instead of dropped in silence.
      limits: {
        fields: maxFields + 1,
        parts: maxFields + 2,
        files: 1,
        fieldNameSize: 200,
        fieldSize: bodyLength,
        headerPairs: 32,
        headerSize: 4096,
      },
    });
  } catch {
    throw malformed();
  }
}

/** `multipart/form-data` with text fields only, as FastAPI takes it for the password form. Files are refused. */
export async function parseMultipartBody(contentType: string, body: Buffer): Promise<FormFields> {
  // Fields are text, so all of it must be; the parser itself would put U+FFFD for broken bytes.
  decodeUtf8(body);
  const busboy = openBusboy(contentType, body.length);
  const collector = new FieldCollector();
  return new Promise((resolve, reject) => {
    busboy.on('field', (name, value, nameCut, valueCut) => {
      try {
        if (nameCut || valueCut || name === undefined) throw malformed();
        collector.add(name, value);
      } catch (error) {
        reject(error);
      }
    });
    busboy.on('file', (_name, stream) => {
      // A body cut within a file ends in an error of the file's own stream; unheard, it would end the process.
      stream.on('error', () => reject(malformed())).resume();
      reject(invalidForm('Files are not accepted'));
    });
    busboy.once('partsLimit', () => reject(invalidForm('Too many fields')));
    busboy.on('error', () => reject(malformed()));
    busboy.once('finish', () => resolve(collector.fields()));
    busboy.end(body);
  });
}
