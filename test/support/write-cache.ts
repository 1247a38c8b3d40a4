// A process that writes two objects into a cache folder over and over, until somebody ends it; prints the number of each
// version that it has begun to write.

import { CacheFolder } from '../../packages/ingam/src/node/revocation/cache-folder.ts'

const { folder } = await CacheFolder.open(process.argv[2] ?? '', { maxObjects: 10, maxBytes: 10_000_000 })
const urls = ['http://crl.example/a', 'http://crl.example/b']

for (let version = 1; ; version++) {
  process.stdout.write(`${version}\n`)
  for (const url of urls) {
    const text = `${version} ${url} ${'x'.repeat(200_000)}`
    folder.write({ kind: 'crl', url, fetchedAt: version, pieces: [new TextEncoder().encode(text)] })
  }
  await folder.settled()
}
