-- From bills to the history of each customer, as segmenta's `value::history` makes it, in days.

--- sold

create or replace temp view sold as
select customer, day, sum(amount) as amount
from bills where customer is not null and amount > 0D group by customer, day;

--- history
-- Up to the last day, which was asked for before. The first day tells nothing of how customers come back.

create or replace temp view history as
select customer, count(*) - 1 as frequency, datediff(max(day), min(day)) as days_between,
    datediff({until}, min(day)) as days_observed, avg(case when day > first_day then amount end) as mean_amount
from (select *, min(day) over (partition by customer) as first_day from sold)
group by customer;

--- worth
-- `ahead` has what is to be expected of customers with this history; what an order of theirs is worth is an expression.

create or replace temp view ordered as
select customer, frequency, days_between / 7D as recency, days_observed / 7D as observed, mean_amount,
    alive, purchases, discounted, discounted_upper,
    {order_value} as order_value, {order_value_lower} as order_value_lower, {order_value_upper} as order_value_upper
from history join ahead using (frequency, days_between, days_observed);

create or replace temp view valued as
select *, case when discounted > 0D and order_value > 0D
    then exp(sqrt(power(ln(discounted_upper / discounted), 2D) + power(ln(order_value_upper / order_value), 2D)))
    else 1D end as factor
from ordered;

create or replace temp view worth as
select customer, frequency, recency, observed, mean_amount, alive, purchases, order_value, order_value_lower,
    order_value_upper, discounted * order_value as value, discounted * order_value / factor as value_lower,
    discounted * order_value * factor as value_upper
from valued;
