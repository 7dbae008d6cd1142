/** Version of the command-line tool; the one of the package. */
export const VERSION = '0.1.0';
