-- wrk's part of bench/api.py: texts at a rate, whatever becomes of those before.
--
--     wrk -t2 -c N -d 60s -s bench/storm.lua URL -- RATE
--
-- The first thread sends texts that pass, the second ones that must be flagged: a thread knows what
-- each of its answers must say. A request has its time to leave at; where all connections wait for an
-- answer it leaves later, and none is left out. RATE 0 asks again at once. One line of JSON at the end.

local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } timespec; int clock_gettime(int, timespec *);")
local spec = ffi.new("timespec")

local threads = {}
local flagged = '"flagged":true'
local texts = { "The ferry leaves at nine from the old pier, and row 4 is free.", "You are a worthless idiot." }

judged, refused, wrong, other = 0, 0, 0, 0

local function now()
   ffi.C.clock_gettime(1, spec)
   return tonumber(spec.s) * 1e3 + tonumber(spec.ns) / 1e6
end

function setup(thread)
   threads[#threads + 1] = thread
   thread:set("part", #threads)
end

function init(arguments)
   wrk.method = "POST"
   wrk.headers["content-type"] = "application/json"
   wrk.body = '{"input": "' .. texts[part] .. '"}'
   made = wrk.format()
   local rate = tonumber(arguments[1])
   between = rate > 0 and 1e3 * #texts / rate or 0
end

function request()
   return made
end

function delay()
   if between == 0 then
      return 0
   end
   due = (due or now()) + between
   return math.max(0, math.floor(due - now()))
end

function response(status, headers, body)
   if status == 200 then
      judged = judged + 1
      if (body:find(flagged, 1, true) ~= nil) ~= (part == 2) then
         wrong = wrong + 1
      end
   elseif status == 503 and headers["retry-after"] then
      refused = refused + 1
   else
      other = other + 1
   end
end

function done(summary, latency, requests)
   local sums = { judged = 0, refused = 0, wrong = 0, other = 0 }
   for _, thread in ipairs(threads) do
      for name in pairs(sums) do
         sums[name] = sums[name] + thread:get(name)
      end
   end
   local errors = summary.errors
   io.write(string.format(
      '{"judged": %d, "refused": %d, "wrong": %d, "other": %d, "broken": %d, "seconds": %.3f, "longest": %.4f}\n',
      sums.judged, sums.refused, sums.wrong, sums.other,
      errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6, latency.max / 1e6))
end
