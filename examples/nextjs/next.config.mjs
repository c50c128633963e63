// The production build: .next/standalone is the service with all it needs, to copy into a container.

/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  serverExternalPackages: ['plinth'], // a native addon cannot be bundled; the build copies it beside
  outputFileTracingRoot: import.meta.dirname, // else Next.js looks for a root by the lock files above
  outputFileTracingIncludes: { '/*': ['migrations/**/*'] }, // initDb reads the revisions when the service starts
}
