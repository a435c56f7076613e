/**
 * A travel agency with mail and a calendar.
 *
 * @module
 */

import { type SuitePolicy, TRUSTED } from '../suite-policy.ts';
import { CALENDAR, SEND_EMAIL } from './mail-and-calendar.ts';

/** The agency's own directory: names, addresses, prices, hours. */
const DIRECTORY = { reads: true, output: TRUSTED } as const;

/** Guests write reviews. */
const REVIEWS = { reads: true } as const;

const RESERVING = ['reserv*', 'book*', 'rent*'] as const;

export const TRAVEL: SuitePolicy = {
  ...SEND_EMAIL,
  ...CALENDAR,
  get_user_information: DIRECTORY,
  get_all_hotels_in_city: DIRECTORY,
  get_hotels_prices: DIRECTORY,
  get_rating_reviews_for_hotels: REVIEWS,
  get_hotels_address: DIRECTORY,
  get_all_restaurants_in_city: DIRECTORY,
  get_cuisine_type_for_restaurants: DIRECTORY,
  get_restaurants_address: DIRECTORY,
  get_rating_reviews_for_restaurants: REVIEWS,
  get_dietary_restrictions_for_all_restaurants: DIRECTORY,
  get_contact_information_for_restaurants: DIRECTORY,
  get_price_for_restaurants: DIRECTORY,
  check_restaurant_opening_hours: DIRECTORY,
  get_all_car_rental_companies_in_city: DIRECTORY,
  get_car_types_available: DIRECTORY,
  get_rating_reviews_for_car_rental: REVIEWS,
  get_car_fuel_options: DIRECTORY,
  get_car_rental_address: DIRECTORY,
  get_car_price_per_day: DIRECTORY,
  get_flight_information: DIRECTORY,
  reserve_hotel: { mandate: RESERVING, sources: { hotel: 'trusted' } },
  reserve_car_rental: { mandate: RESERVING, sources: { company: 'trusted' } },
  reserve_restaurant: { mandate: RESERVING, sources: { restaurant: 'trusted' } },
};
