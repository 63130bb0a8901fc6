package compat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A producer and a consumer that go on while the broker is killed and comes back under its address.
 * Prints WORKING when messages flow, and in the end a line like those of Suite.
 * Arguments: name server, for how many seconds.
 */
public final class Endure {
  private Endure() {}

  public static void main(String[] arguments) throws Exception {
    DefaultMQProducer producer = new DefaultMQProducer("endure_producer");
    producer.setNamesrvAddr(arguments[0]);
    producer.setSendMsgTimeout(1000);
    producer.setHeartbeatBrokerInterval(1000);
    producer.setPollNameServerInterval(1000);
    producer.start();
    Set<String> stored = new TreeSet<>();
    Set<String> consumed = ConcurrentHashMap.newKeySet();
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("endure_group");
    consumer.setNamesrvAddr(arguments[0]);
    consumer.setHeartbeatBrokerInterval(1000);
    consumer.setPollNameServerInterval(1000);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe("Endure", "*");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      for (MessageExt one : messages) consumed.add(Collector.text(one));
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    long began = System.nanoTime();
    long end = began + Long.parseLong(arguments[1]) * 1_000_000_000L;
    int failures = 0;
    for (int i = 0; System.nanoTime() < end; i++) {
      String body = "endure " + i;
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      try {
        boolean isStored = producer.send(new Message("Endure", "TagA", bytes)).getSendStatus()
            == SendStatus.SEND_OK;
        if (isStored) stored.add(body);
      } catch (Exception away) {
        failures++;
      }
      if (i == 0) consumer.start();
      if (i == 100) System.out.println("WORKING");
      Thread.sleep(10);
    }
    String last = "stored " + stored.size() + ", failed sends " + failures;
    try {
      Check.until(
          40_000,
          () -> last + ", consumed " + consumed.size(),
          () -> consumed.containsAll(stored));
      System.out.print("SCENARIO all-consumed OK 0\n");
    } catch (AssertionError failed) {
      System.out.print("SCENARIO all-consumed FAIL 0\n  " + failed.getMessage() + "\n");
    }
    System.out.println(last);
    System.exit(0);
  }
}
