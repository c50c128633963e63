/** The repository's own seeds: what an empty database of the bundled models begins with. Each runs once, by its name.
 * JavaScript, checked as TypeScript is: what every start loads is to load at once. */

/** @type {import('plinth').Seeds<typeof import('./index.js').default>} */
const seeds = {
  'default-organization': async tx => {
    if (await tx.organizations.exists({ where: { slug: 'default' } })) return
    await tx.organizations.create({ name: 'Default', slug: 'default' })
  },
  // Without a password: logging in as this user is impossible until one is set.
  'admin-user': async tx => {
    if (await tx.users.exists({ where: { email: 'admin@example.com' } })) return
    const organization = await tx.organizations.find({ where: { slug: 'default' } })
    await tx.users.create({ email: 'admin@example.com', role: 'owner', organizationId: organization?.id ?? null })
  },
  tags: async tx => {
    const names = ['bug', 'feature', 'question']
    const there = await tx.tags.list({ where: { name: { in: names } }, select: ['name'] })
    const missing = names.filter(name => !there.some(tag => tag.name === name))
    await tx.tags.createMany(missing.map(name => ({ name })))
  },
}

module.exports = seeds
