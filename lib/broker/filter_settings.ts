/** What can be set about filters; live, as {@linkcode BrokerSettings}. */
export interface FilterSettings {
  /**
   * May consumers filter by SQL92 expressions? [enablePropertyFilter: true; upstream false, but
   * its users set it]
   */
  propertyFilter: boolean;
  /**
   * Is a filter refused in which something follows a whole condition, which upstream passes over in
   * silence? [ours, refuseFilterTails: false]
   */
  refuseFilterTails: boolean;
  /** SQL92 expressions that are kept compiled [ours, compiledFiltersMax: 1000]. */
  compiledFiltersMax: number;
}
