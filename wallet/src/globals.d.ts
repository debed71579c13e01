/** The one version number of the whole installation, written by the build. */
declare const BILLFOLD_VERSION: string;
