/**
 * Stands in the bundle for Octokit's table of endpoint methods: GitHub is called by route, and the table would be a
 * tenth of all that the runner downloads.
 */
export const restEndpointMethods = () => ({});
