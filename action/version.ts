/** Version of the Action; the one of the package. */
export const VERSION = '0.1.0';
