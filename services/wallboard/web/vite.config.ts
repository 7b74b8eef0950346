import { defineConfig } from 'vite';

/** Television browsers: the oldest that is built for. test/unit/web-bundle.test.ts checks what comes out. */
const TARGET = 'chrome79';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  build: {
    outDir: '../../../dist/web',
    emptyOutDir: true,
    target: TARGET,
    cssTarget: TARGET,
    modulePreload: false,
    // Everything is a file of its own: the content security policy knows no data: addresses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
